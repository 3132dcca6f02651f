import io
import zipfile
from collections.abc import Callable

import pytest

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.office import read_office

P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def pptx(*slides: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(len(slides)))
        links = "".join(
            f'<Relationship Id="r{n}" Type="{R}/slide" Target="slides/slide{n + 1}.xml"/>'
            for n in range(len(slides))
        )
        archive.writestr(
            "ppt/presentation.xml",
            f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>{ids}</p:sldIdLst>'
            "</p:presentation>",
        )
        archive.writestr(
            "ppt/_rels/presentation.xml.rels",
            f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        )
        for n, (title, body) in enumerate(slides, start=1):
            archive.writestr(f"ppt/slides/slide{n}.xml", _slide(title, body))
    return buffer.getvalue()


def _slide(title: str, body: str) -> str:
    shapes = "".join(
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        for kind, text in (("title", title), ("body", body))
    )
    return (
        f'<p:sld xmlns:p="{P}" xmlns:a="{A}"><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>'
    )


def xlsx(**sheets: list[list[str]]) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    names = list(sheets)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entries = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(names, start=1)
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{R}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(names) + 1)
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{R}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{R}"><sheets>{entries}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        )
        for n, name in enumerate(names, start=1):
            rows = "".join(
                f'<row r="{r}">'
                + "".join(
                    f'<c r="{chr(65 + c)}{r}" t="inlineStr"><is><t>{cell}</t></is></c>'
                    for c, cell in enumerate(row)
                )
                + "</row>"
                for r, row in enumerate(sheets[name], start=1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return buffer.getvalue()


def test_slides_are_pages() -> None:
    document = read_office(
        pptx(("Start", "Hello there"), ("Pump", "It hums")), media_type=media.PPTX, parser="t"
    )

    assert document.page_count == 2
    assert [(h.title, h.page) for h in document.headings] == [("Start", 1), ("Pump", 2)]
    second = document.pages[1]
    assert "It hums" in document.text[second.start : second.end]
    assert "\u241e" not in document.text
    assert document.pages[-1].end == len(document.text)


def test_sheets_are_headings() -> None:
    document = read_office(
        xlsx(Prices=[["Part", "Euro"], ["Valve", "12"]], Stock=[["Part", "Count"], ["Hose", "7"]]),
        media_type=media.XLSX,
        parser="t",
    )

    assert [h.title for h in document.headings] == ["Prices", "Stock"]
    assert len(document.tables) == 2
    assert "| Hose | 7 |" in document.text


def test_heading_style_on_every_paragraph_means_nothing(make_docx: Callable[..., bytes]) -> None:
    data = make_docx(*[("Heading1", f"A whole sentence number {n}.") for n in range(15)])

    document = read_office(data, media_type=media.DOCX, parser="t")

    assert document.headings == ()
    assert "sentence number 14" in document.text


def test_document_without_text(make_docx: Callable[..., bytes]) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_office(make_docx(("", "")), media_type=media.DOCX, parser="t")

    assert caught.value.reason is QuarantineReason.NO_TEXT


def test_damaged_document() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        read_office(b"PK\x03\x04 nothing", media_type=media.DOCX, parser="t")

    assert caught.value.reason is QuarantineReason.CORRUPT


def test_old_web_page_is_decoded() -> None:
    page = "<html><head><meta charset='iso-8859-1'></head><body><p>größer</p></body></html>"

    document = read_office(page.encode("latin-1"), media_type=media.HTML, parser="t")

    assert document.text.strip() == "größer"
