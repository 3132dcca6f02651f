"""An answer's text as HTML."""

from console.rich_text import rich_text
from service.schemas import Citation


def citation(marker: int, **changes: object) -> Citation:
    values: dict[str, object] = {
        "marker": marker,
        "document_id": "d1",
        "version": 1,
        "chunk_id": "c1",
        "source": "oven.pdf",
        "page": 4,
        "heading_path": ["Care", "Cleaning"],
        "quote": "Wipe it dry.",
        "start": 0,
        "end": 12,
        "support": 0.9,
    }
    return Citation.model_validate(values | changes)


def test_a_marker_with_a_citation_becomes_a_button_that_says_where_it_leads() -> None:
    drawn = rich_text("Wipe it dry. [1]", {1: citation(1)})

    assert 'data-marker="1"' in drawn
    assert 'aria-label="Source 1: oven.pdf, page 4 · Care › Cleaning"' in drawn
    assert drawn.startswith("<p>Wipe it dry.<button")


def test_a_marker_without_a_citation_stays_text() -> None:
    assert rich_text("See [7].", {1: citation(1)}) == "<p>See [7].</p>"


def test_markup_of_a_document_is_shown_and_never_run() -> None:
    drawn = rich_text('<img src=x onerror="alert(1)"> & **<b>x</b>**', {})

    assert "<img" not in drawn
    assert "<b>" not in drawn
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp;" in drawn


def test_a_hostile_source_name_cannot_leave_its_attribute() -> None:
    drawn = rich_text("x [1]", {1: citation(1, source='"><script>alert(1)</script>')})

    assert "<script>" not in drawn
    assert "&quot;&gt;&lt;script&gt;" in drawn


def test_paragraphs_lists_emphasis_and_code() -> None:
    drawn = rich_text("First.\n\nDo this:\n- one\n- **two**\n\n1. `a < b`\n2. end", {})

    assert drawn == (
        "<p>First.</p><p>Do this:</p><ul><li>one</li><li><strong>two</strong></li></ul>"
        "<ol><li><code>a &lt; b</code></li><li>end</li></ol>"
    )


def test_nothing_is_drawn_for_nothing() -> None:
    assert rich_text(" \n ", {}) == ""
