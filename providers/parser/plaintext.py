"""Reads plain text and Markdown as they are."""

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.document import without_pages
from providers.parser.markdown import mark, structure
from providers.parser.normalising import count_controls, decode, normalise
from providers.types import Heading, ParsedDocument, Span

LITERAL = frozenset({media.PLAIN, media.MARKDOWN, media.CSV})
"""Types whose text is kept character by character."""


def read_text(data: bytes, *, media_type: str, parser: str) -> ParsedDocument:
    """Read plain text, CSV or Markdown; only Markdown has headings and tables.

    Raises:
        UnreadableDocumentError: empty.
    """
    written = decode(data)
    text = normalise(written)
    if not text.strip():
        raise UnreadableDocumentError(QuarantineReason.EMPTY, "The file holds only white space.")
    headings: list[Heading] = []
    tables: list[Span] = []
    if media_type == media.MARKDOWN:
        headings, tables = structure(mark(text))
    return without_pages(
        text,
        headings,
        tables,
        media_type=media_type,
        parser=parser,
        title=first_title(headings),
        controls=count_controls(written),
    )


def first_title(headings: list[Heading]) -> str | None:
    """Return the title of a document that has exactly one heading of the first level."""
    top = [heading for heading in headings if heading.level == 1]
    return top[0].title if len(top) == 1 else None
