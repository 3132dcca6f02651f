"""How an answer says that there is none."""

_ABSTENTIONS = {
    "en": "The documents do not answer this question.",
    "de": "Die Dokumente beantworten diese Frage nicht.",
}


def abstention(language: str) -> str:
    """Return the abstention in `language` (ISO 639-1), in English where there is none."""
    return _ABSTENTIONS.get(language, _ABSTENTIONS["en"])


def is_abstention(text: str) -> bool:
    """Tell whether a text says, in any language, that the documents do not answer."""
    said = text.strip().lower().rstrip(".")
    return any(said == known.lower().rstrip(".") for known in _ABSTENTIONS.values())
