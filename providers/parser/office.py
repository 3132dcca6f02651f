"""Reads office documents, web pages, books and mail with kreuzberg."""

import re
from typing import Any

import kreuzberg

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.document import without_pages
from providers.parser.markdown import MarkedLine, mark, structure, unmarked
from providers.parser.normalising import decode, normalise
from providers.parser.plaintext import first_title
from providers.types import Heading, PageSpan, ParsedDocument, Span

SLIDE_MARK = "\u241e"
"""Stands around slide numbers in the extracted text (U+241E, the picture of a separator)."""
SLIDE = re.compile(f"^{SLIDE_MARK}(\\d+){SLIDE_MARK}$")
FRONT_MATTER = re.compile(r"\A---\n(?:\s*[\w:.-]+: .*\n)*\s*## [\w:.-]+: .*(?:\n|\Z)")
"""A page's metadata before its text: kreuzberg writes it so, with the last line as a heading."""
DATA_IMAGE = re.compile(r"!\[[^\]]*\]\(data:[^)]*\)")
FEW = 10
"""A short text may well be all headings; a longer one is not."""
MAX_HEADING_SHARE = 0.5
MAIL = frozenset({media.EML, media.MSG})
SLIDES = frozenset({media.PPTX, media.PPT})
PASSWORD = re.compile(r"password|encrypt", re.IGNORECASE)


def read_office(data: bytes, *, media_type: str, parser: str) -> ParsedDocument:
    """Read one of kreuzberg's formats; slides are pages, sheets are headings.

    Raises:
        UnreadableDocumentError: corrupt, encrypted or no_text.
    """
    result = _extract(data, media_type)
    if media_type in MAIL:
        return _mail(result, media_type, parser)
    lines = _lines(result.content, media_type)
    pages: tuple[PageSpan, ...] = ()
    if media_type in SLIDES:
        lines, pages = _slides(lines)
    text = "\n".join(line.text for line in lines)
    _require_text(text)
    headings, tables = structure(lines)
    headings = _plausible(headings, text)
    title = _title(result.metadata) or first_title(headings)
    document = without_pages(
        text, headings, tables, media_type=media_type, parser=parser, title=title
    )
    return _with_pages(document, pages) if pages else document


def _extract(data: bytes, media_type: str) -> kreuzberg.ExtractionResult:
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        output_format="plain" if media_type in MAIL else "markdown",
        pages=kreuzberg.PageConfig(
            insert_page_markers=media_type in SLIDES,
            marker_format=f"\n\n{SLIDE_MARK}{{page_num}}{SLIDE_MARK}\n\n",
        ),
    )
    if media_type == media.HTML:
        data = decode(data).encode()
    try:
        return kreuzberg.extract_bytes_sync(data, media_type, config=config)
    except kreuzberg.KreuzbergError as error:
        kind = media.NAMES[media_type]
        if PASSWORD.search(str(error)):
            raise UnreadableDocumentError(
                QuarantineReason.ENCRYPTED, "The file is protected by a password."
            ) from error
        raise UnreadableDocumentError(
            QuarantineReason.CORRUPT, f"The file is named and starts like {kind} but is damaged."
        ) from error


def _lines(content: str, media_type: str) -> list[MarkedLine]:
    text = DATA_IMAGE.sub("", normalise(content))
    if media_type == media.HTML:
        text = FRONT_MATTER.sub("", text)
    return _compacted(unmarked(mark(text)))


def _compacted(lines: list[MarkedLine]) -> list[MarkedLine]:
    """Leave one blank line where several follow each other (a dropped picture leaves two)."""
    kept: list[MarkedLine] = []
    for line in lines:
        if line.text.strip() or (kept and kept[-1].text.strip()):
            kept.append(line)
    return kept


def _plausible(headings: list[Heading], text: str) -> list[Heading]:
    """Drop headings that are most of the text: someone used a heading style for paragraphs."""
    letters = sum(len(heading.title) for heading in headings)
    return [] if len(headings) > FEW and letters > MAX_HEADING_SHARE * len(text) else headings


def _slides(lines: list[MarkedLine]) -> tuple[list[MarkedLine], tuple[PageSpan, ...]]:
    kept: list[MarkedLine] = []
    starts: list[tuple[int, int]] = []
    offset = 0
    for line in lines:
        if found := SLIDE.match(line.text):
            starts.append((int(found.group(1)), offset))
            continue
        if not kept and not line.text.strip():
            continue
        kept.append(line)
        offset += len(line.text) + 1
    ends = [start for _, start in starts[1:]] + [max(0, offset - 1)]
    spans = [
        PageSpan(number=number, start=start, end=end)
        for (number, start), end in zip(starts, ends, strict=True)
    ]
    return kept, tuple(spans)


def _with_pages(document: ParsedDocument, pages: tuple[PageSpan, ...]) -> ParsedDocument:
    headings = tuple(
        Heading(level=h.level, title=h.title, start=h.start, page=_page_at(pages, h.start))
        for h in document.headings
    )
    return ParsedDocument(
        text=document.text,
        media_type=document.media_type,
        parser=document.parser,
        pages=pages,
        headings=headings,
        tables=document.tables,
        title=document.title,
        language=document.language,
        page_count=len(pages),
    )


def _page_at(pages: tuple[PageSpan, ...], offset: int) -> int | None:
    return next((page.number for page in reversed(pages) if page.start <= offset), None)


def _mail(result: kreuzberg.ExtractionResult, media_type: str, parser: str) -> ParsedDocument:
    text = normalise(result.content).strip()
    attachments = result.metadata.get("attachments") or []
    if attachments:
        text += "\n\nAttachments: " + ", ".join(map(str, attachments))
    _require_text(text)
    subject = result.metadata.get("subject")
    no_headings: list[Heading] = []
    no_tables: list[Span] = []
    return without_pages(
        text,
        no_headings,
        no_tables,
        media_type=media_type,
        parser=parser,
        title=str(subject) if subject else None,
    )


def _title(metadata: Any) -> str | None:
    written = metadata.get("title")
    return " ".join(normalise(str(written)).split()) or None if written else None


def _require_text(text: str) -> None:
    if not any(character.isalnum() for character in text):
        raise UnreadableDocumentError(
            QuarantineReason.NO_TEXT,
            "The document has no text. If it holds pictures of pages, add it as a PDF.",
        )
