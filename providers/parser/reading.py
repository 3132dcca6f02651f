"""Reads one file of any supported type; runs inside the parser's worker process."""

from dataclasses import dataclass

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.plaintext import LITERAL, read_text
from providers.parser.recognition import Recognition
from providers.parser.sniffing import sniff
from providers.types import ParsedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is too large: bytes of the file, bytes after unpacking, pages."""

    max_bytes: int
    max_expanded_bytes: int
    max_pages: int


def read(
    data: bytes,
    *,
    filename: str,
    media_type: str,
    parser: str,
    limits: Limits,
    recognition: Recognition | None = None,
) -> ParsedDocument:
    """Read one file; `recognition` also reads the pictures of a PDF's pages.

    Raises:
        UnreadableDocumentError: with the reason for quarantine.
    """
    check_size(data, limits.max_bytes)
    found = sniff(
        data,
        filename=filename,
        media_type=media_type,
        max_expanded_bytes=limits.max_expanded_bytes,
    )
    if found in LITERAL:
        return read_text(data, media_type=found, parser=parser)
    if found == media.PDF:
        from providers.parser.pdf import read_pdf  # noqa: PLC0415 - loads its library when used

        return read_pdf(data, parser=parser, max_pages=limits.max_pages, recognition=recognition)
    from providers.parser.office import read_office  # noqa: PLC0415

    return read_office(data, media_type=found, parser=parser)


def check_size(data: bytes, max_bytes: int) -> None:
    """Refuse a file of more than `max_bytes` bytes.

    Raises:
        UnreadableDocumentError: too_large.
    """
    if len(data) > max_bytes:
        raise UnreadableDocumentError(
            QuarantineReason.TOO_LARGE,
            f"The file has {len(data) / 1e6:.1f} MB; at most {max_bytes / 1e6:.0f} MB are allowed.",
        )
