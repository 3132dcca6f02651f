"""Reads the lines of PDF pages with pypdfium2, with their place and size on the page."""

import ctypes
from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from providers.parser.document import Line
from providers.parser.normalising import count_controls, normalise


def lines_of(page: pdfium.PdfPage) -> list[Line]:
    """Return the page's lines with text, in the order in which they are stored."""
    text_page = page.get_textpage()
    try:
        return list(_lines(text_page.raw, text_page.count_chars()))
    finally:
        text_page.close()
        page.close()


def _lines(raw: ctypes.c_void_p, count: int) -> Iterator[Line]:
    codes = [pdfium_c.FPDFText_GetUnicode(raw, index) for index in range(count)]
    start = 0
    for index, code in enumerate([*codes, 0x0A]):
        if code in {0x0A, 0x0D}:
            line = _line(raw, codes, start, index)
            if line is not None:
                yield line
            start = index + 1


def _line(raw: ctypes.c_void_p, codes: list[int], start: int, end: int) -> Line | None:
    written = _decode(codes[start:end])
    text = normalise(written).strip()
    if not text:
        return None
    inked = next(index for index in range(start, end) if not chr(codes[index]).isspace())
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(raw, inked, box)
    size = round(abs(box.top - box.bottom), 1)
    return Line(text=text, top=box.top, size=size, controls=count_controls(written))


def _decode(codes: list[int]) -> str:
    text = "".join(map(chr, codes))
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")
