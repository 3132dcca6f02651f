"""A text that went wrong is set aside until a person has looked at it."""

from typing import Any

import pytest

from data.models import DocumentStatus, Review
from graphs.ingest.assessing import assess
from graphs.ingest.settings import QualitySettings
from providers.errors import RELEASABLE, QuarantineReason, UnreadableDocumentError
from providers.types import PageSpan, ParsedDocument

GOOD = "Grüße aus der Küche: Spülen Sie die Teile vor dem ersten Gebrauch. " * 20
MISREAD = GOOD.encode().decode("cp1252")


def parsed(text: str, **fields: Any) -> ParsedDocument:
    return ParsedDocument(text=text, media_type="text/plain", parser="p", **fields)


def reason(document: ParsedDocument, **settings: float) -> QuarantineReason | None:
    try:
        assess(document, QualitySettings(**settings))
    except UnreadableDocumentError as error:
        assert error.reason in RELEASABLE
        assert "release it" in str(error)
        return error.reason
    return None


def test_a_good_text_passes() -> None:
    assert reason(parsed(GOOD)) is None


def test_a_misread_text_is_garbled() -> None:
    assert reason(parsed(MISREAD)) is QuarantineReason.GARBLED
    assert reason(parsed(MISREAD), max_garbled=1) is None


def test_a_few_odd_characters_are_in_any_text() -> None:
    assert reason(parsed("\ufffd" * 5)) is None
    assert reason(parsed("\ufffd" * 6)) is QuarantineReason.GARBLED


def test_control_characters_are_no_text() -> None:
    assert reason(parsed(GOOD, controls=200)) is QuarantineReason.GARBLED
    assert reason(parsed(GOOD, controls=10)) is None


@pytest.mark.parametrize(("empty", "expected"), [(3, None), (9, QuarantineReason.LITTLE_TEXT)])
def test_a_document_of_pictures_has_little_text(
    empty: int, expected: QuarantineReason | None
) -> None:
    pages = [PageSpan(number=1, start=0, end=len(GOOD))]
    end = len(GOOD)
    pages += [PageSpan(number=n + 2, start=end, end=end) for n in range(empty)]

    assert reason(parsed(GOOD, pages=tuple(pages))) is expected


async def test_a_garbled_file_goes_to_quarantine_and_a_release_takes_it_in(bench: Any) -> None:
    outcome = await bench.ingest(MISREAD)
    assert (outcome.status, outcome.reason) == (DocumentStatus.QUARANTINED, "garbled")
    assert "ingest.quality.max_garbled" in (outcome.message or "")

    async with bench.database.begin(bench.principal) as tx:
        await tx.quarantine.review(outcome.document_id, Review.RELEASED)

    assert (await bench.ingest(MISREAD)).status is DocumentStatus.INDEXED
    assert (await bench.ingest(MISREAD.replace("ersten", "zweiten"))).reason == "garbled"
