"""What a sign is, and those that read words broken up.

The others stand by what they are about: `roles`, `borders`, `steering`, `taking`, `orders`.

All read folded text (see `unmasking.fold`). They were written for this project.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """One expression; `asked` ones weigh less in a question about one's own doing."""

    rule: str
    weight: float
    pattern: re.Pattern[str]
    message: str
    asked: bool = False


def sign(rule: str, weight: float, message: str, *patterns: str, asked: bool = False) -> Sign:
    """Return a sign that any of the patterns shows."""
    return Sign(rule, weight, re.compile("|".join(patterns)), message, asked)


MAY = r"(?:[^\s.!?:;]+ ){0,4}?"
"""A few words of the same clause, or none."""

_S_IGNORE = (
    r"(?:ignore|ignoring|disregard|forget|override|bypass|ignoriere?|ignorierealle|vergiss|missachte|oublie[rz]?|ignore[rz]|"
    r"ignora|olvida)"
)
_S_WHICH = (
    r"(?:all|any|of|the|your|my|these|every|previous|prior|above|earlier|former|system|safety|"
    r"alle|aller|deine|die|bisherigen|vorherigen|obigen|fruheren|toutes?|tous|les|tes|vos|precedentes?|las|tus|anteriores|todas)"
)
_S_TARGET = r"(?:instruct|rules|prompt|guideline|directive|command|anweisung|regeln|vorgaben|consignes|regles|instruccion)"

SQUEEZED: tuple[Sign, ...] = (
    sign(
        "override_spelled",
        0.9,
        "asks to set aside the instructions given before, in broken spelling",
        rf"{_S_IGNORE}{_S_WHICH}{{1,5}}{_S_TARGET}",
        rf"{_S_IGNORE}(?:everything|alles|tout)(?:above|before|oben|zuvor|cequiprecede)",
    ),
    sign(
        "reveal_spelled",
        0.85,
        "asks for the system's own instructions, in broken spelling",
        r"(?:reveal|show|print|tellme|giveme|output|repeat|zeigmir|zeige|nenne|verrate|gib|montre|affiche|donne|revele)"
        r"(?:me|us|mir|uns|moi|the|den|le|full|entire|whole){0,3}(?:your|deinen?|dein|ton|votre|hidden|secret|system|own){1,2}"
        r"(?:system)?(?:prompt|message|instructions|apikeys?|passwords?|anweisungen|promptsysteme|consignes)",
    ),
)
"""For texts whose words are broken up: read without anything between letters and digits."""
