"""Questions to begin with, where the sample company's manuals are loaded."""

from typing import Final

SAMPLE_COLLECTION: Final = "sample"
_QUESTIONS: Final = (
    "Is distilled water allowed in the tank of the Calder oven?",
    "Which temperature for Japanese green tea?",
    "Can I vacuum garlic?",
    "Darf der Marl 45 an Warmwasser angeschlossen werden?",
)
"""The sample's own; written out here because importing the sample takes 24 MB."""


def questions_for(collection: str) -> tuple[str, ...]:
    """Return example questions for a collection; none for one that is not the sample."""
    return _QUESTIONS if collection == SAMPLE_COLLECTION else ()
