"""What the words of a sentence stand for, in four languages.

A small embedder reads English best. So words are looked up: those that mean much the same in
English, German, French and Spanish are one idea, and what one language teaches counts in all.
The list was written for this project; it holds folded words (see `unmasking.fold`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

_LIST = Path(__file__).with_suffix(".tsv")
_WORD = re.compile(r"\w[\w'.@-]*\w|\w")
_INNER = re.compile(r"['-]")
_SHORTEST = 2
"""Letters of the shortest beginning or end of a word that is looked up."""
_LONGEST_PHRASE = 3


@dataclass(slots=True)
class _Words:
    """Which ideas a word, its beginning, its end or a phrase stands for, by number."""

    names: list[str] = field(default_factory=list)
    whole: dict[str, set[int]] = field(default_factory=dict)
    begin: dict[str, set[int]] = field(default_factory=dict)
    end: dict[str, set[int]] = field(default_factory=dict)
    phrases: dict[str, set[int]] = field(default_factory=dict)

    def add(self, entry: str, idea: int) -> None:
        """Take an entry of the list."""
        if "_" in entry:
            self.phrases.setdefault(entry.replace("_", " "), set()).add(idea)
        elif entry.startswith("*"):
            self.end.setdefault(entry[1:], set()).add(idea)
        elif entry.endswith("*"):
            self.begin.setdefault(entry[:-1], set()).add(idea)
        else:
            self.whole.setdefault(entry, set()).add(idea)


@cache
def listing() -> str:
    """Return the list itself: weights that were fitted with another do not fit this one."""
    return _LIST.read_text(encoding="utf-8")


@cache
def _words() -> _Words:
    words = _Words()
    for line in listing().splitlines():
        if line.startswith("#"):
            continue
        name, entries = line.split("\t")
        words.names.append(name)
        for entry in entries.split():
            words.add(entry, len(words.names) - 1)
    return words


def names() -> tuple[str, ...]:
    """Return the name of each idea, in the order of their numbers."""
    return tuple(_words().names)


def ideas(folded: str) -> list[int]:
    """Return the numbers of the ideas that a folded sentence speaks of, in ascending order."""
    words, spoken = _words(), _WORD.findall(folded.replace("’", "'"))
    found: set[int] = set()
    for word in spoken:
        found.update(*map(_of_word, _with_parts(word)))
    for length in range(2, _LONGEST_PHRASE + 1):
        for start in range(len(spoken) - length + 1):
            found |= words.phrases.get(" ".join(spoken[start : start + length]), set())
    return sorted(found)


def _with_parts(word: str) -> Iterator[str]:
    yield word
    if "-" in word or "'" in word:
        yield from filter(None, _INNER.split(word))


@lru_cache(maxsize=16_384)
def _of_word(word: str) -> frozenset[int]:
    words = _words()
    found = set(words.whole.get(word, ()))
    for length in range(_SHORTEST, len(word) + 1):
        found |= words.begin.get(word[:length], set())
        found |= words.end.get(word[-length:], set())
    return frozenset(found)
