"""Words of a question with their places."""

import re
from dataclasses import dataclass

from providers.chat_model.reading.words import stem

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*(?:-[\w-]+)?|[^\W_]+(?:[-'’][^\W_]+)*|[<>]=?|[=%€$£]")

_LEAST = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the question; `start` and `end` count characters, `stem` is for comparing."""

    text: str
    start: int
    end: int
    stem: str


def tokens_of(text: str) -> list[Token]:
    """Return the words and numbers of a text in order; a possessive ending is left out."""
    found = []
    for match in _TOKEN.finditer(text):
        word = re.sub(r"['’]s?$", "", match.group().lower())
        if word:
            found.append(Token(word, match.start(), match.end(), stemmed(word)))
    return found


def stemmed(word: str) -> str:
    """Return the English stem of a lower-case word; words with digits stay."""
    return stem(word, "en")


def stems_of(phrase: str) -> tuple[str, ...]:
    """Return the stems of a phrase, in order."""
    return tuple(token.stem for token in tokens_of(phrase))


def singular(word: str) -> str:
    """Return an English noun without the ending of its plural; other words stay."""
    if len(word) > _LEAST and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > _LEAST and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
