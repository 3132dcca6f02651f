"""Reads PDF files with pypdfium2: text by physical page, headings from the outline."""

import re

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.document import Line, LineHeading, assemble
from providers.parser.normalising import normalise
from providers.parser.ocr import recognise
from providers.parser.pdf_furniture import without_furniture
from providers.parser.pdf_headings import Bookmark, from_outline, from_type
from providers.parser.pdf_lines import lines_of
from providers.parser.quality import has_text
from providers.parser.recognition import Recognition
from providers.types import ParsedDocument

MAX_BOOKMARKS = 20_000
FILE_NAME = re.compile(r"\.\w{1,5}$|^\S*_\S*$|^untitled|^microsoft word", re.IGNORECASE)
"""Titles that programs write by themselves say nothing about the document."""


def read_pdf(
    data: bytes, *, parser: str, max_pages: int, recognition: Recognition | None = None
) -> ParsedDocument:
    """Read a PDF; with `recognition` also the pictures of pages.

    Raises:
        UnreadableDocumentError: encrypted, corrupt, too_large (pages) or no_text.
    """
    pdf = _open(data)
    try:
        count = len(pdf)
        _check_pages(count, max_pages)
        raw_pages = [_page_lines(pdf, index, recognition) for index in range(count)]
        _require_text(raw_pages)
        outline = _outline(pdf)
        title = _title(pdf)
    finally:
        pdf.close()
    pages = without_furniture(raw_pages)
    headings = from_outline(pages, outline) if outline else from_type(pages)
    shown_title = None if outline else _largest_on_first_page(headings)
    return assemble(
        pages,
        headings,
        media_type=media.PDF,
        parser=parser,
        title=title or shown_title,
    )


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY}:
            raise UnreadableDocumentError(
                QuarantineReason.ENCRYPTED,
                "The PDF needs a password; save a copy without one and add that.",
            ) from error
        raise UnreadableDocumentError(
            QuarantineReason.CORRUPT, "The PDF is damaged or incomplete and cannot be opened."
        ) from error


def _check_pages(count: int, max_pages: int) -> None:
    if count == 0:
        raise UnreadableDocumentError(QuarantineReason.CORRUPT, "The PDF has no pages.")
    if count > max_pages:
        raise UnreadableDocumentError(
            QuarantineReason.TOO_LARGE,
            f"The PDF has {count:,} pages; at most {max_pages:,} are allowed. Split it.",
        )


def _page_lines(pdf: pdfium.PdfDocument, index: int, recognition: Recognition | None) -> list[Line]:
    try:
        lines = lines_of(pdf[index])
        if recognition is None or (_has_text(lines) and not recognition.every_page):
            return lines
        return recognise(pdf[index], recognition.languages) or lines
    except pdfium.PdfiumError as error:
        raise UnreadableDocumentError(
            QuarantineReason.CORRUPT, f"Page {index + 1} of the PDF cannot be read."
        ) from error


def _require_text(pages: list[list[Line]]) -> None:
    if not any(map(_has_text, pages)):
        raise UnreadableDocumentError(
            QuarantineReason.NO_TEXT,
            f"None of the PDF's {len(pages)} pages has text: it looks like a scan.",
        )


def _has_text(lines: list[Line]) -> bool:
    return has_text("".join(line.text for line in lines))


def _outline(pdf: pdfium.PdfDocument) -> list[Bookmark]:
    found: list[Bookmark] = []
    for entry in pdf.get_toc():
        destination = entry.get_dest()
        page = destination.get_index() if destination else None
        title = " ".join(normalise(entry.get_title()).split())
        if page is not None and title:
            found.append(
                Bookmark(level=entry.level + 1, title=title, page=page, top=_top(destination))
            )
        if len(found) == MAX_BOOKMARKS:
            break
    return found


def _top(destination: pdfium.PdfDest) -> float | None:
    mode, view = destination.get_view()
    if mode == pdfium_c.PDFDEST_VIEW_XYZ and len(view) > 1:
        return float(view[1]) or None
    if mode in {pdfium_c.PDFDEST_VIEW_FITH, pdfium_c.PDFDEST_VIEW_FITBH} and view:
        return float(view[0]) or None
    return None


def _title(pdf: pdfium.PdfDocument) -> str | None:
    written = pdf.get_metadata_dict(skip_empty=True).get("Title", "")
    title = " ".join(normalise(written).split())
    return None if not title or FILE_NAME.search(title) else title


def _largest_on_first_page(headings: list[LineHeading]) -> str | None:
    top = [h for h in headings if h.page == 0 and h.level == 1]
    return top[0].title if top else None
