"""Shows where on a PDF page a quote stands: the page as a picture, the quote as boxes."""

import io
import math
from dataclasses import dataclass
from typing import Any, Final

import anyio.to_thread
import pypdfium2
import pypdfium2.raw as pdfium_c

from providers.errors import ProviderError
from providers.parser.page_text import PageText, find_quote
from providers.parser.pdfium import open_pdf

SCALE: Final = 2.0
"""Pixels a point (1/72 inch): 144 dpi, sharp on a screen and about 200 kB a page of text."""
MAX_EDGE_PX: Final = 2200
"""Longest edge of a picture; a poster is scaled down to it."""


class PageMissingError(ProviderError):
    """The document has no page of that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle on a page, as fractions (0 to 1) of its size from the top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page as PNG, `width` × `height` pixels; `boxes` cover the quote, one a line.

    `boxes` is empty when no quote was asked for or the page does not hold it.
    """

    png: bytes
    width: int
    height: int
    page: int
    pages: int
    boxes: tuple[Box, ...] = ()


async def render_page(data: bytes, *, page: int, quote: str = "") -> PageImage:
    """Draw physical page `page` (from 1) of a PDF and find `quote` on it.

    Raises:
        UnreadableDocumentError: the bytes are not a PDF that can be opened.
        PageMissingError: the document has no such page.
    """
    return await anyio.to_thread.run_sync(_render, data, page, quote)


def _render(data: bytes, number: int, quote: str) -> PageImage:
    with open_pdf(data) as document:
        count = len(document)
        if not 1 <= number <= count:
            raise PageMissingError(f"there is no page {number}; the document has {count}")
        page = document[number - 1]
        bitmap = page.render(scale=min(SCALE, MAX_EDGE_PX / max(page.get_size())))
        boxes = _boxes(page, bitmap, quote) if quote else ()
        return PageImage(
            png=_png(bitmap),
            width=bitmap.width,
            height=bitmap.height,
            page=number,
            pages=count,
            boxes=boxes,
        )


def _png(bitmap: pypdfium2.PdfBitmap) -> bytes:
    out = io.BytesIO()
    bitmap.to_pil().save(out, format="PNG")
    return out.getvalue()


def _boxes(page: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, quote: str) -> tuple[Box, ...]:
    text_page = page.get_textpage()
    codes = [
        pdfium_c.FPDFText_GetUnicode(text_page, index) for index in range(text_page.count_chars())
    ]
    text = PageText.of(chr(code) for code in codes)
    place = bitmap.get_posconv(page)
    found = find_quote(text, quote)
    areas = [_area(text_page, place, index) for index in found]
    upright = bool(found) and _upright(page, text_page, found[0])
    return tuple(_fraction(line, bitmap) for line in _lines(areas, upright=upright))


_Area = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


def _area(text_page: pypdfium2.PdfTextPage, place: Any, index: int) -> _Area:
    left, bottom, right, top = text_page.get_charbox(index, loose=True)
    x1, y1 = place.to_bitmap(left, top)
    x2, y2 = place.to_bitmap(right, bottom)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _upright(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, index: int) -> bool:
    """Tell whether print runs up or down the picture instead of across it."""
    angle: float = pdfium_c.FPDFText_GetCharAngle(text_page, index)
    turned: float = math.degrees(angle) + page.get_rotation()
    return round(turned / 90) % 2 == 1


def _lines(areas: list[_Area], *, upright: bool) -> list[_Area]:
    """Join characters that follow each other on one line of print."""
    lines: list[_Area] = []
    near = 0 if upright else 1
    for area in areas:
        if lines and _overlap(lines[-1][near::2], area[near::2]):
            last = lines[-1]
            lines[-1] = (
                min(last[0], area[0]),
                min(last[1], area[1]),
                max(last[2], area[2]),
                max(last[3], area[3]),
            )
        else:
            lines.append(area)
    return lines


def _overlap(line: tuple[int, ...], area: tuple[int, ...]) -> bool:
    """Tell whether the shorter of two ranges (start, end) lies mostly inside the other."""
    shared = min(line[1], area[1]) - max(line[0], area[0])
    return shared * 2 > min(line[1] - line[0], area[1] - area[0])


def _fraction(area: _Area, bitmap: pypdfium2.PdfBitmap) -> Box:
    left, top, right, bottom = area
    return Box(
        left=left / bitmap.width,
        top=top / bitmap.height,
        width=(right - left) / bitmap.width,
        height=(bottom - top) / bitmap.height,
    )
