"""Patterns that say which items of a source are taken."""

import re
from collections.abc import Iterable
from functools import lru_cache

_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def chosen(path: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Tell whether a path matches an `include` pattern (none means all) and no `exclude`.

    `*` stands for anything within a part of the path, `**` for parts too. A pattern without
    a slash is held against the last part alone.
    """
    wanted = tuple(include)
    return (not wanted or _any(path, wanted)) and not _any(path, exclude)


def _any(path: str, patterns: Iterable[str]) -> bool:
    last = path.rsplit("/", 1)[-1]
    return any(
        _compiled(pattern).fullmatch(path if "/" in pattern else last) for pattern in patterns
    )


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = _PART.findall(pattern.removeprefix("/"))
    return re.compile("".join(_MEANING.get(part) or re.escape(part) for part in parts), re.DOTALL)
