"""Words and their stems, with the function words set apart."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from py_rust_stemmers import SnowballStemmer

from providers.chat_model.reading.languages import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_STEMMERS = {"en": SnowballStemmer("english"), "de": SnowballStemmer("german")}
_NO_STEMMER_CHARS = frozenset("0123456789")
_SMALL_NUMBERS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
}
NUMBER_WORDS: dict[str, int] = {
    word: value for words in _SMALL_NUMBERS.values() for value, word in enumerate(words.split())
}
"""Number words up to twelve, English and German, and what they stand for."""


_ROOT_CHARS = 4
_ROOT_SHARE = 0.65
_PART_CHARS = 5
_HEAD_CHARS = 4


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order; hyphens bind (`kx-200`)."""
    return [match.group().lower() for match in _WORD.finditer(unicodedata.normalize("NFC", text))]


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Return a word's stem; words with digits and unknown languages stay as they are."""
    stemmer = _STEMMERS.get(language)
    if stemmer is None or not _NO_STEMMER_CHARS.isdisjoint(word):
        return word
    return str(stemmer.stem_word(word))


def content_words(text: str, language: str) -> list[str]:
    """Return the words that carry meaning: function words are left out."""
    stop = STOP_WORDS.get(language, frozenset())
    return [word for word in words(text) if word not in stop]


def content_stems(text: str, language: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return stems(content_words(text, language), language)


def stems(found: Iterable[str], language: str) -> list[str]:
    """Return the stem of each word."""
    return [stem(word, language) for word in found]


@lru_cache(maxsize=32_768)
def related(one: str, other: str) -> bool:
    """Tell whether two stems share a root (`clean`, `cleaning`) or one is part of the other.

    The second holds for German compounds: `Tank` in `Wassertank`.
    """
    short, long = sorted((one, other), key=len)
    if len(short) < _ROOT_CHARS or any(character.isdigit() for character in short):
        return False
    if long.endswith(short) or (len(short) >= _PART_CHARS and long.startswith(short)):
        return True
    common = 0
    for a, b in zip(short, long, strict=False):
        if a != b:
            break
        common += 1
    return common >= _ROOT_CHARS and common / len(long) >= _ROOT_SHARE


def same_head(one: str, other: str, language: str) -> bool:
    """Tell whether two German compounds end in the same word: `Kochsalz` and `Speisesalz`."""
    if language != "de" or min(len(one), len(other)) <= _HEAD_CHARS + 2:
        return False
    common = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        common += 1
    return common >= _HEAD_CHARS and min(len(one), len(other)) - common > 1


def begins_compound(one: str, other: str, language: str) -> bool:
    """Tell whether one German stem begins a compound with the other: `Salz` in `Salzanzeige`."""
    short, long = sorted((one, other), key=len)
    if language != "de" or len(short) < _HEAD_CHARS or len(long) < len(short) + _HEAD_CHARS:
        return False
    return long.startswith(short)
