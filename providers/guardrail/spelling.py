"""How a sentence is spelled: its words, their parts, neighbours and marks, hashed with a sign.

It catches endings and set phrases that no list of words holds, in any language.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import log, sqrt

WIDTH = 1 << 17
"""Numbers that features are hashed to (Weinberger et al., Feature Hashing for Large Scale Multitask
Learning, 2009)."""
_WORD = re.compile(r"\w+")
_MARK = re.compile(r"[^\w\s]")
_PARTS = (3, 4, 5)
_SHORT_WORD = 3
_SHORT_WEIGHT, _PART_WEIGHT, _MARK_WEIGHT = 0.4, 0.4, 0.5
_NEXT_WEIGHT, _AFTER_NEXT_WEIGHT = 1.0, 0.6
"""How much a short word, a part of a word, a mark, two neighbours and two words with one between
them count beside a word; chosen by fitting some authors' texts and judging others'."""
_SIGN_BIT = 1 << 31


def spelling(folded: str) -> dict[int, float]:
    """Return a row of length 1 (nothing for an empty text): weights by column below `WIDTH`."""
    row: dict[int, float] = {}
    for feature, weight in _features(folded):
        code = zlib.crc32(feature.encode())
        column = code % WIDTH
        row[column] = row.get(column, 0.0) + (-weight if code & _SIGN_BIT else weight)
    length = sqrt(sum(weight * weight for weight in row.values())) or 1.0
    return {column: weight / length for column, weight in row.items()}


def _features(folded: str) -> Iterator[tuple[str, float]]:
    words = _WORD.findall(folded.casefold())
    for word, count in Counter(words).items():
        yield from _of_word(word, 1.0 + log(count))
    for first, second in pairwise(["^", *words, "$"]):
        yield f"{first} {second}", _NEXT_WEIGHT
    for first, third in zip(words, words[2:], strict=False):
        yield f"{first} _ {third}", _AFTER_NEXT_WEIGHT
    for mark in dict.fromkeys(_MARK.findall(folded)):
        yield f"p{mark}", _MARK_WEIGHT


def _of_word(word: str, weight: float) -> Iterator[tuple[str, float]]:
    if len(word) <= _SHORT_WORD:
        yield word, weight * _SHORT_WEIGHT
        return
    yield word, weight
    marked = f"<{word}>"
    for part in _PARTS:
        for start in range(len(marked) - part + 1):
            yield marked[start : start + part], weight * _PART_WEIGHT
