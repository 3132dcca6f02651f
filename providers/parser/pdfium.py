"""PDFium, one caller at a time: the library keeps global state and is not thread-safe."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2

from providers.errors import QuarantineReason, UnreadableDocumentError

_LOCK = threading.Lock()


@contextmanager
def open_pdf(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a PDF for this thread alone; every use of PDFium in the process goes through here.

    Raises:
        UnreadableDocumentError: PDFium cannot open the bytes.
    """
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise UnreadableDocumentError(
                QuarantineReason.CORRUPT, f"the file cannot be opened as a PDF: {error}"
            ) from error
        try:
            yield document
        finally:
            document.close()
