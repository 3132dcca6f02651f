"""Sets a text aside that cannot have come out right; a person may release it."""

from graphs.ingest.settings import QualitySettings
from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.quality import garbled_characters, text_page_share
from providers.types import ParsedDocument

FEW = 5
"""So many characters may go wrong in any text; a share of a short text says little."""
LOOK = "Look at it, then release it from quarantine or replace it."


def assess(document: ParsedDocument, settings: QualitySettings) -> None:
    """Check what came out of a file; plain computing, for a thread.

    Raises:
        UnreadableDocumentError: little_text or garbled.
    """
    share = text_page_share(document)
    if share < settings.min_text_pages:
        raise UnreadableDocumentError(
            QuarantineReason.LITTLE_TEXT,
            f"Only {share:.0%} of its {len(document.pages)} pages have text "
            f"(ingest.quality.min_text_pages); the others may be scans. {LOOK}",
        )
    inked = max(1, sum(not character.isspace() for character in document.text))
    _require_few(
        garbled_characters(document.text), inked, settings.max_garbled, "max_garbled", "misread"
    )
    _require_few(
        document.controls, inked, settings.max_controls, "max_controls", "control characters"
    )


def _require_few(count: int, of: int, limit: float, name: str, what: str) -> None:
    if count > FEW and count > limit * of:
        raise UnreadableDocumentError(
            QuarantineReason.GARBLED,
            f"{count / of:.1%} of its characters are {what} (ingest.quality.{name}): the file's "
            f"encoding or its fonts are wrong. {LOOK}",
        )
