"""Recognises the text of scanned pages with Tesseract, through kreuzberg.

kreuzberg carries the engine; what a language looks like comes with the Debian packages
`tesseract-ocr` and `tesseract-ocr-<language>`.
"""

import io
import math

import pypdfium2 as pdfium

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.document import Line
from providers.parser.normalising import normalise
from providers.parser.recognition import INSTALL

DOTS_PER_INCH = 200
"""From here on small print is read; more only takes longer."""
POINTS_PER_INCH = 72
MAX_PIXELS = 12_000_000
"""A poster is drawn smaller, or it would not fit the worker's memory."""


def recognise(page: pdfium.PdfPage, languages: tuple[str, ...]) -> list[Line]:
    """Return the lines of a page's picture, without their places.

    Raises:
        UnreadableDocumentError: a language is not installed.
    """
    import kreuzberg  # noqa: PLC0415 - a PDF with text does without it

    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        output_format="plain",
        ocr=kreuzberg.OcrConfig(backend="tesseract", language="+".join(languages)),
    )
    try:
        found = kreuzberg.extract_bytes_sync(_picture(page), "image/png", config=config)
    except kreuzberg.OCRError as error:
        raise UnreadableDocumentError(
            QuarantineReason.NO_TEXT,
            f"The pages are pictures, and their text could not be recognised in "
            f"{', '.join(languages)}: check parser.options.ocr_languages and install each "
            f"language ({INSTALL}-<language>).",
        ) from error
    lines = (line.strip() for line in normalise(found.content).splitlines())
    return [Line(text=line) for line in lines if line]


def _picture(page: pdfium.PdfPage) -> bytes:
    width, height = page.get_size()
    most = math.sqrt(MAX_PIXELS / max(1.0, width * height))
    bitmap = page.render(scale=min(DOTS_PER_INCH / POINTS_PER_INCH, most), grayscale=True)
    file = io.BytesIO()
    bitmap.to_pil().save(file, "PNG")
    return file.getvalue()
