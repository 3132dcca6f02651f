"""What callers say of their requests for the traces: an experiment of theirs, and its variant."""

import re
from typing import Final
from urllib.parse import unquote

TAGS: Final = ("experiment", "variant")
MAX_CHARS: Final = 8192
"""Longest header that is read, as W3C Baggage recommends."""
_NAME: Final = re.compile(r"[A-Za-z][\w.-]{0,63}", re.ASCII)
"""Short names only: they are kept as they are, and nothing personal shall be among them."""


def tags_of(baggage: str | None) -> dict[str, str]:
    """Return `experiment` and `variant` of a W3C baggage header; what is no name is left out."""
    if not baggage or len(baggage) > MAX_CHARS:
        return {}
    found: dict[str, str] = {}
    for member in baggage.split(","):
        name, _, rest = member.partition("=")
        value = unquote(rest.partition(";")[0].strip())
        if name.strip() in TAGS and _NAME.fullmatch(value):
            found[name.strip()] = value
    return found
