import io
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from providers.parser.kreuzberg import KreuzbergParser, KreuzbergParserConfig

Draw = Callable[[Canvas], None]
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.fixture
async def parser() -> AsyncIterator[KreuzbergParser]:
    parser = KreuzbergParser(KreuzbergParserConfig(workers=1))
    yield parser
    await parser.aclose()


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """Build a PDF: pages are lists of (text, size), outline entries are (level, title, page)."""

    def make(
        pages: Sequence[Sequence[tuple[str, float]]],
        *,
        outline: Sequence[tuple[int, str, int]] = (),
        title: str = "",
        encrypt: object = None,
    ) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, encrypt=encrypt)
        canvas.setTitle(title)
        for number, lines in enumerate(pages):
            for level, entry, page in outline:
                if page == number:
                    canvas.bookmarkPage(entry, fit="XYZ", left=0, top=_top_of(lines, entry))
                    canvas.addOutlineEntry(entry, entry, level)
            top = 800.0
            for text, size in lines:
                canvas.setFont("Helvetica", size)
                canvas.drawString(60, top, text)
                top -= 2 * size
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    return make


def _top_of(lines: Sequence[tuple[str, float]], entry: str) -> float:
    top = 800.0
    for text, size in lines:
        if text.endswith(entry):
            return top + size
        top -= 2 * size
    return 800.0


@pytest.fixture
def make_docx() -> Callable[..., bytes]:
    """Build a DOCX of (style, text) paragraphs and tables (lists of rows)."""

    def make(*blocks: tuple[str, str] | list[list[str]]) -> bytes:
        parts = "".join(_table(b) if isinstance(b, list) else _paragraph(*b) for b in blocks)
        body = f"<w:body>{parts}</w:body>"
        return zip_of(
            {
                "[Content_Types].xml": CONTENT_TYPES,
                "_rels/.rels": RELATIONS,
                "word/document.xml": f'<w:document xmlns:w="{W}">{body}</w:document>',
            }
        )

    return make


def zip_of(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _paragraph(style: str, text: str) -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def _table(rows: list[list[str]]) -> str:
    cells = ["".join(f"<w:tc>{_paragraph('', cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
