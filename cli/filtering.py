"""Reads filters of the form KEY=VALUE from the command line."""

from collections.abc import Sequence

from pydantic import ValidationError

from cli.problems import UsageProblemError
from graphs.query.filters import Filters


def read_filters(given: Sequence[str] | None) -> Filters | None:
    """Return the filters; the same key again adds a value.

    Raises:
        UsageProblemError: a word is not KEY=VALUE, or there is no such filter or value.
    """
    found: dict[str, list[str]] = {}
    for word in given or ():
        key, sign, value = word.partition("=")
        if not sign or not value:
            raise UsageProblemError(f"{word!r} is not KEY=VALUE, such as language=de")
        found.setdefault(key, []).append(value)
    if not found:
        return None
    try:
        return Filters.model_validate(
            {key: values[0] if len(values) == 1 else values for key, values in found.items()}
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"][:1]))
        raise UsageProblemError(f"{where}: {first['msg']}" if where else first["msg"]) from error
