"""Counts tokens in any stretch of a text that was tokenized once."""

from bisect import bisect_left
from collections.abc import Sequence


class TokenIndex:
    """The tokens of one text, by the embedder's own tokenizer."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in spans]

    def count(self, start: int, end: int) -> int:
        """Count the tokens that begin in characters [start, end)."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def windows(self, start: int, end: int, size: int) -> list[tuple[int, int]]:
        """Cut [start, end) into stretches of at most `size` tokens that do not split a token."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        cuts = [self._starts[at] for at in range(first + size, last, size)]
        return list(zip([start, *cuts], [*cuts, end], strict=True))
