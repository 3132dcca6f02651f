"""A page drawn as a picture, and a quote marked on it."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from providers.errors import TransientProviderError
from providers.parser import page_image
from providers.parser.page_drawing import MAX_EDGE_PX
from providers.parser.page_image import Box, PageMissingError, render_page

pytestmark = pytest.mark.integration

WIDTH, HEIGHT = A4


def pdf(*pages: Callable[[Canvas], None], size: tuple[float, float] = A4) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    for draw in pages:
        canvas.setFont("Helvetica", 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def write(*lines: str, left: float = 72, top: float = 700) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for number, line in enumerate(lines):
            canvas.drawString(left, top - 20 * number, line)

    return draw


def ink_in(image: bytes, box: Box) -> int:
    """Count the dark pixels inside a box."""
    picture = Image.open(io.BytesIO(image)).convert("L")
    area = (
        round(box.left * picture.width),
        round(box.top * picture.height),
        round((box.left + box.width) * picture.width),
        round((box.top + box.height) * picture.height),
    )
    return sum(picture.crop(area).histogram()[:128])


async def test_draws_the_asked_page_with_the_quote_boxed_where_it_is_printed() -> None:
    data = pdf(
        write("Nothing here."), write("First line.", "Press the reset button.", "Last line.")
    )

    image = await render_page(data, page=2, quote="Press the reset button.")

    assert (image.page, image.pages) == (2, 2)
    picture = Image.open(io.BytesIO(image.png))
    assert picture.size == (image.width, image.height)
    assert picture.width / picture.height == pytest.approx(WIDTH / HEIGHT, abs=0.01)
    (box,) = image.boxes
    assert box.left == pytest.approx(72 / WIDTH, abs=0.01)
    assert box.top < (HEIGHT - 680) / HEIGHT < box.top + box.height
    assert box.height < 0.03
    assert ink_in(image.png, box) > 300


async def test_a_quote_over_two_lines_gets_a_box_for_each() -> None:
    data = pdf(write("Hold the button for ten sec-", "onds until the lamp blinks.", "Then wait."))

    image = await render_page(data, page=1, quote="ten seconds until the lamp blinks.")

    first, second = image.boxes
    assert first.left > second.left
    assert second.top > first.top
    assert second.top - first.top == pytest.approx(20 / HEIGHT, abs=0.005)


async def test_spaces_and_marks_of_markdown_do_not_hide_a_quote() -> None:
    data = pdf(write("Warning: do not open the lid."))

    image = await render_page(data, page=1, quote="**Warning:**  do not\nopen the lid.")

    assert len(image.boxes) == 1


async def test_a_page_without_the_quote_has_no_box() -> None:
    data = pdf(write("Something else altogether stands on this page."))

    image = await render_page(data, page=1, quote="Press the reset button for ten seconds.")

    assert image.boxes == ()
    assert image.png.startswith(b"\x89PNG")


async def test_a_turned_page_is_marked_where_the_reader_sees_it() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.drawString(72, 300, "Press the reset button.")

    image = await render_page(pdf(draw), page=1, quote="Press the reset button.")

    (box,) = image.boxes
    assert box.height > box.width
    assert ink_in(image.png, box) > 300


async def test_a_poster_is_scaled_down() -> None:
    image = await render_page(pdf(write("Big."), size=(4000, 3000)), page=1)

    assert max(image.width, image.height) <= MAX_EDGE_PX + 1


@pytest.mark.parametrize("page", [0, 2])
async def test_a_page_out_of_range_is_refused(page: int) -> None:
    with pytest.raises(PageMissingError, match=f"there is no page {page}"):
        await render_page(pdf(write("One.")), page=page)


async def test_bytes_that_are_no_pdf_are_refused() -> None:
    with pytest.raises(PageMissingError, match="cannot be opened as a PDF"):
        await render_page(b"not a pdf", page=1)


async def test_a_page_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_image, "TIMEOUT_S", 0.001)

    with pytest.raises(TransientProviderError, match="took longer"):
        await render_page(pdf(write("One.")), page=1)
