"""Questions to begin with, where the sample company's documents are loaded."""

from typing import Final

SAMPLE_COLLECTION: Final = "sample"
_QUESTIONS: Final = ()


def questions_for(collection: str) -> tuple[str, ...]:
    """Return example questions for a collection; none for one that is not the sample."""
    return _QUESTIONS if collection == SAMPLE_COLLECTION else ()
