"""Documents as a table and in detail."""

from datetime import UTC, datetime
from typing import Any

import pytest

from console.documents_view import details_html, original_path, table_html
from console.shelves import matching
from service.schemas import DocumentRead, DocumentStatus

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def document(**changes: Any) -> DocumentRead:
    values: dict[str, Any] = {
        "document_id": "d1",
        "source": "oven.pdf",
        "collection": "manuals",
        "version": 3,
        "status": DocumentStatus.INDEXED,
        "reason": None,
        "message": None,
        "title": "Calder oven",
        "media_type": "application/pdf",
        "language": "en",
        "pages": 12,
        "chunks": 1234,
        "bytes": 1_500_000,
        "sha256": "ab" * 32,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return DocumentRead.model_validate(values | changes)


def test_a_row_shows_the_figures_and_offers_what_may_be_done() -> None:
    drawn = table_html([document()], may_delete=True)

    for expected in (
        "oven.pdf",
        "Calder oven · manuals",
        "Indexed",
        "1,234",
        "1.5 MB",
        'title="2026-01-02 12:00"',
    ):
        assert expected in drawn
    assert 'data-action="delete" data-id="d1"' in drawn
    assert 'href="documents/d1/original?version=3"' in drawn


def test_a_reader_is_not_offered_deletion() -> None:
    assert "delete" not in table_html([document()], may_delete=False)


def test_names_are_escaped_everywhere() -> None:
    hostile = document(source='<img src=x onerror="a">', title="<script>", message="<i>")

    drawn = table_html([hostile], may_delete=True) + details_html(hostile)
    assert "<img" not in drawn
    assert "<script>" not in drawn
    assert "<i>" not in drawn


def test_a_quarantined_document_shows_its_reason_and_what_to_do() -> None:
    locked = document(status="quarantined", reason="encrypted", pages=None, chunks=0)

    assert "Password-protected" in table_html([locked], may_delete=False)
    assert "Save a copy without a password" in details_html(locked)


def test_the_parsers_own_message_wins_over_general_advice() -> None:
    locked = document(status="quarantined", reason="encrypted", message="it needs a password")

    drawn = details_html(locked)
    assert "It needs a password." in drawn
    assert "Save a copy" not in drawn


def test_the_original_opens_at_a_page_of_the_cited_version() -> None:
    assert original_path("a/b", version=2, page=7) == "documents/a%2Fb/original?version=2#page=7"


@pytest.mark.parametrize(
    ("words", "found"), [("", 2), ("OVEN", 1), ("calder pdf", 1), ("hob calder", 0)]
)
def test_filtering_by_words(words: str, found: int) -> None:
    shelf = [document(), document(source="hob.pdf", title=None)]

    assert len(matching(shelf, words)) == found
