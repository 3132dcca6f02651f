"""Says what a file is by its bytes, and refuses one whose name says something else."""

import re

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.containers import OLE_SIGNATURE, ZIP_SIGNATURES, ole_type, zip_type
from providers.parser.normalising import UTF16_BOMS, UTF32_BOMS

HEAD_BYTES = 4096
PDF_HEADER_WITHIN = 1024
"""Readers accept a PDF header that starts within the first kilobyte."""
PDF_HEADER = re.compile(rb"^%PDF-\d", re.MULTILINE)
MAX_CONTROL_SHARE = 0.02
"""A text has almost no control characters; a binary file has a tenth or more."""
BINARY_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\v\f\r\x1b")
HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
MAIL_START = re.compile(rb"(?:From |[A-Za-z][A-Za-z0-9-]*:[ \t])")
FOREIGN = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
}
"""Signatures of files that hold no document."""


def sniff(data: bytes, *, filename: str, media_type: str, max_expanded_bytes: int) -> str:
    """Return the media type of `data`, which must agree with the file name.

    Args:
        data: the whole file.
        filename: its name; the extension is a claim to be checked.
        media_type: what the sender called it; used only where the name has no known extension.
        max_expanded_bytes: most bytes a ZIP container may unpack to.

    Raises:
        UnreadableDocumentError: empty, wrong_type, unsupported, too_large, encrypted, corrupt.
    """
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise UnreadableDocumentError(QuarantineReason.EMPTY, "The file is empty.")
    claim = media.claimed(filename, media_type)
    found = _by_signature(data, max_expanded_bytes)
    if found is None:
        raise _unknown(data, filename, claim)
    if found in media.TEXTUAL and (claim is None or claim in media.TEXTUAL):
        return _textual(data, found, claim)
    if claim is not None and found != claim:
        raise _wrong_type(filename, media.NAMES.get(found, found))
    if found not in media.NAMES:
        raise UnreadableDocumentError(
            QuarantineReason.UNSUPPORTED, f"Files of type {found} are not supported."
        )
    return found


def _by_signature(data: bytes, max_expanded_bytes: int) -> str | None:
    if data.startswith(ZIP_SIGNATURES):
        return zip_type(data, max_expanded_bytes=max_expanded_bytes)
    if data.startswith(OLE_SIGNATURE):
        return ole_type(data)
    if _is_pdf(data):
        return media.PDF
    if data.startswith(b"{\\rtf"):
        return media.RTF
    if HTML_START.match(data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")):
        return media.HTML
    return media.PLAIN if _is_text(data) else None


def _is_pdf(data: bytes) -> bool:
    if data.lstrip().startswith(b"%PDF-"):
        return True
    return PDF_HEADER.search(data[:PDF_HEADER_WITHIN]) is not None and b"startxref" in data


def _is_text(data: bytes) -> bool:
    if data.startswith((*UTF16_BOMS, *UTF32_BOMS)):
        return True
    if data.startswith(tuple(FOREIGN)) and b"\x00" in data[:HEAD_BYTES]:
        return False
    head = data[: 16 * HEAD_BYTES]
    controls = sum(1 for byte in head if byte in BINARY_CONTROLS)
    return controls <= MAX_CONTROL_SHARE * len(head)


def _textual(data: bytes, found: str, claim: str | None) -> str:
    if claim == media.EML and not MAIL_START.match(data):
        raise UnreadableDocumentError(
            QuarantineReason.WRONG_TYPE, "The file is named as an e-mail but has no mail headers."
        )
    if claim == media.HTML:
        return media.HTML
    return claim or found


def _unknown(data: bytes, filename: str, claim: str | None) -> UnreadableDocumentError:
    kind = next((name for start, name in FOREIGN.items() if data.startswith(start)), None)
    if kind is None and data.startswith(ZIP_SIGNATURES):
        kind = "a ZIP archive without a document"
    if claim is not None and kind is not None:
        return _wrong_type(filename, kind)
    if claim is not None:
        return UnreadableDocumentError(
            QuarantineReason.CORRUPT,
            f"The file is not {media.NAMES[claim]}: its content is damaged or of no known type.",
        )
    return UnreadableDocumentError(
        QuarantineReason.UNSUPPORTED, f"The file is {kind or 'of an unknown binary type'}."
    )


def _wrong_type(filename: str, kind: str) -> UnreadableDocumentError:
    suffix = media.extension(filename) or "its declared type"
    return UnreadableDocumentError(
        QuarantineReason.WRONG_TYPE, f"The file is {kind} but is named {suffix}; rename it."
    )
