"""What a source that lists its items does about those that it does not list any more."""

from collections.abc import Collection, Iterator

from providers.errors import TransientProviderError
from providers.source.types import Gone


def missing(
    known: Collection[str], seen: Collection[str], *, where: str, may_be_empty: bool
) -> Iterator[Gone]:
    """Yield what is known and was not listed.

    Raises:
        TransientProviderError: nothing at all was listed, which is rather a fault of the
            source than the end of all its documents.
    """
    if known and not seen and not may_be_empty:
        raise sudden_emptiness(where)
    for uri in known:
        if uri not in seen:
            yield Gone(uri=uri, why=f"{where} does not list it any more")


def sudden_emptiness(where: str) -> TransientProviderError:
    """Build the refusal to take every document for gone."""
    return TransientProviderError(
        f"{where} had documents and is empty now: see that it is mounted and complete, or set "
        "may_be_empty if that is meant"
    )
