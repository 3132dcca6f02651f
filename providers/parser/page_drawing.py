"""Draws one page of a PDF and finds a quote on it; the process behind `page_image`.

It is a process of its own for the same reason as the parser's: PDFium is native code, not
thread-safe, and the file comes from outside. It reads the PDF from stdin and writes a line of
JSON, then the picture. Run as
`python -m providers.parser.page_drawing <page> <quote> <memory limit in bytes>`.
"""

import io
import json
import math
import resource
import sys
from dataclasses import asdict
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium_c

from providers.parser.page_image import Box, PageImage
from providers.parser.page_text import PageText, find_quote

SCALE: Final = 2.0
"""Pixels a point (1/72 inch): 144 dpi, sharp on a screen and about 350 kB a page of text."""
MAX_EDGE_PX: Final = 2200
"""Longest edge of a picture; a poster is scaled down to it."""


def draw(data: bytes, number: int, quote: str) -> PageImage | None:
    """Draw page `number` (from 1) and find `quote` on it; None when there is no such page.

    Raises:
        pypdfium2.PdfiumError: the bytes are no PDF that can be opened.
    """
    document = pypdfium2.PdfDocument(data)
    if not 1 <= number <= len(document):
        return None
    page = document[number - 1]
    bitmap = page.render(scale=min(SCALE, MAX_EDGE_PX / max(page.get_size())))
    return PageImage(
        png=_png(bitmap),
        width=bitmap.width,
        height=bitmap.height,
        page=number,
        pages=len(document),
        boxes=_boxes(page, bitmap, quote) if quote else (),
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


def main() -> None:
    """Draw what the command line asks for; a line on stderr says why it cannot."""
    number, quote, limit = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        image = draw(sys.stdin.buffer.read(), number, quote)
    except pypdfium2.PdfiumError as error:
        sys.exit(f"the file cannot be opened as a PDF: {error}")
    if image is None:
        sys.exit(f"there is no page {number}")
    head = {key: value for key, value in asdict(image).items() if key != "png"}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + image.png)


if __name__ == "__main__":
    main()
