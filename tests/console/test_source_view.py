"""What a citation points to, as HTML."""

from console.source_view import locate, page_html, passage_html, quote_html
from providers.parser.page_image import Box, PageImage


def test_a_page_carries_its_marks_in_percent_of_its_size() -> None:
    box = Box(left=0.125, top=0.5, width=0.25, height=0.02)
    image = PageImage(png=b"\x89PNG", width=100, height=200, page=3, pages=9, boxes=(box,))

    drawn = page_html(image, source='a"b.pdf')

    assert "left:12.500%;top:50.000%;width:25.000%;height:2.000%" in drawn
    assert 'alt="Page 3 of a&quot;b.pdf, with the quote marked"' in drawn
    assert 'src="data:image/png;base64,iVBORw=="' in drawn


def test_a_passage_marks_the_quote_across_line_ends_and_escapes_the_rest() -> None:
    drawn = passage_html("<b>Before.</b> Wipe it\n  dry & warm. After.", "Wipe it dry & warm.")

    assert "<mark>Wipe it\n  dry &amp; warm.</mark>" in drawn
    assert "&lt;b&gt;Before.&lt;/b&gt;" in drawn


def test_a_quote_that_is_not_there_marks_nothing() -> None:
    assert locate("Some text.", "other words") == (0, 0)
    assert locate("Some text.", " ") == (0, 0)
    assert "<mark>" not in passage_html("Some text.", "other words")


def test_a_quote_that_could_not_be_marked_says_so() -> None:
    assert "could not be marked" in quote_html("words", marked=False)
    assert "could not be marked" not in quote_html("words", marked=True)
