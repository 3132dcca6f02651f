"""Reads from `before`, `after`, `then` which of two things happens first."""

import re
from collections.abc import Callable

from graphs.query.statements import Statement, read

_LEADING = re.compile(
    r"^\s*(?P<word>before|after|once|vor|bevor|nach|nachdem|sobald)\b(?P<a>[^,]+),\s*(?P<b>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_JOINED = re.compile(
    r"^(?P<a>.+?)[,;]?\s+(?P<word>before|after|bevor|nachdem|vor dem|vor der|nach dem|nach der|"
    r"and then|then|and (?:\w+\s+){1,6}afterwards|und danach|danach|und dann|und anschließend|"
    r"anschließend)\b(?P<b>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_FIRST_IS_LATER = frozenset("before vor bevor".split())


def reversed_order(
    claim: Statement, evidence: Statement, alike: Callable[[str, str], bool]
) -> bool:
    """Tell whether the claim puts first what the evidence puts last."""
    claimed, said = _order(claim), _order(evidence)
    if claimed is None or said is None:
        return False

    def shared(one: frozenset[str], other: frozenset[str]) -> int:
        return sum(any(a == b or alike(a, b) for b in other) for a in one)

    straight = shared(claimed[0], said[0]) + shared(claimed[1], said[1])
    crossed = shared(claimed[0], said[1]) + shared(claimed[1], said[0])
    return crossed > straight


def _order(statement: Statement) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the content stems of what happens first and of what happens later."""
    text = statement.text
    leading = _LEADING.match(text)
    if leading is not None:
        parts = leading["a"], leading["b"]
        later_first = leading["word"].lower() in _FIRST_IS_LATER
        first, later = reversed(parts) if later_first else parts
        return _stems(first, later, statement.language)
    joined = _JOINED.match(text)
    if joined is None:
        return None
    word = joined["word"].lower()
    a, b = joined["a"], joined["b"]
    if "afterwards" in word:
        b = word + b
    swapped = word in {"after", "nachdem"} or word.startswith("nach ")
    return _stems(b, a, statement.language) if swapped else _stems(a, b, statement.language)


def _stems(first: str, later: str, language: str) -> tuple[frozenset[str], frozenset[str]]:
    def content(text: str) -> frozenset[str]:
        return frozenset(token.stem for token in read(text, language).content)

    return content(first), content(later)
