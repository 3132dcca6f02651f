"""Questions to begin with, where the sample company's manuals are loaded."""

from typing import Final

SAMPLE_COLLECTION: Final = "sample"
_QUESTIONS: Final = (
    "How far should someone with a pacemaker stay from a running hob?",
    "How many months can minced meat stay in the freezer?",
    "Can I use vinegar to descale the kettle with the display?",
    "Wie viel Wasser verbraucht der Marl 60 im Sparprogramm?",
)
"""Four of the golden set, each about another manual, one of them German."""


def questions_for(collection: str) -> tuple[str, ...]:
    """Return example questions for a collection; none for one that is not the sample."""
    return _QUESTIONS if collection == SAMPLE_COLLECTION else ()
