"""Turns what obstore raises into the service's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from providers.errors import (
    ObjectAlreadyThereError,
    ObjectNotFoundError,
    ProviderError,
    StorageFullError,
    TransientProviderError,
)


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn obstore's errors at an object into ones that a person can act on."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFoundError(f"no object {key!r}") from error
    except AlreadyExistsError as error:
        raise ObjectAlreadyThereError(f"there is an object {key!r} already") from error
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        raise ProviderError(
            f"the object store refuses {key!r}: check its keys and the folder's rights: "
            f"{_first_line(error)}"
        ) from error
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        message = str(error)
        if "No space left" in message or "os error 28" in message:
            raise StorageFullError(f"no room left to write {key!r}") from error
        kind = TransientProviderError if isinstance(error, GenericError) else ProviderError
        raise kind(f"the object store failed at {key!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
