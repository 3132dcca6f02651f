"""Says which language a text is in, when there is enough of it to say."""

import py3langid

MIN_LETTERS = 40
"""Below this many letters a guess is noise."""
SAMPLE_CHARS = 20_000
"""Longest piece looked at; more text does not change the verdict."""


def language_of(text: str) -> str | None:
    """Return the ISO 639-1 code of the text's main language, or None for too little text."""
    sample = text[:SAMPLE_CHARS]
    if sum(character.isalpha() for character in sample) < MIN_LETTERS:
        return None
    language, _score = py3langid.classify(sample)
    return str(language)
