"""Scans are read when Tesseract is there, and say what is missing when it is not."""

import io
import shutil
from collections.abc import Callable

import pypdfium2 as pdfium
import pytest
from pydantic import ValidationError
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.kreuzberg import KreuzbergParser, KreuzbergParserConfig
from providers.parser.recognition import INSTALL, Ocr

MakePdf = Callable[..., bytes]
LINES = [("Descale the boiler every 60 days.", 18.0), ("Never use vinegar.", 18.0)]


@pytest.fixture
def scan(make_pdf: MakePdf) -> bytes:
    """A PDF of two pages that are pictures of text."""
    pages = pdfium.PdfDocument(make_pdf([LINES, [("The warranty lasts 24 months.", 18.0)]]))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for index in range(len(pages)):
        picture = pages[index].render(scale=150 / 72).to_pil()
        canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


async def parse(data: bytes, **options: object) -> str:
    parser = KreuzbergParser(KreuzbergParserConfig.model_validate({"workers": 1, **options}))
    try:
        return (await parser.parse(data, filename="scan.pdf", media_type="")).text
    finally:
        await parser.aclose()


@pytest.fixture
def tesseract() -> None:
    if shutil.which("tesseract") is None:
        pytest.fail(f"this test needs Tesseract: {INSTALL}")


@pytest.mark.system
@pytest.mark.usefixtures("tesseract")
@pytest.mark.timeout(120)
async def test_a_scan_is_read_page_by_page(scan: bytes) -> None:
    parser = KreuzbergParser(KreuzbergParserConfig(workers=1))
    try:
        found = await parser.parse(scan, filename="scan.pdf", media_type="")
    finally:
        await parser.aclose()

    first, second = (found.text[page.start : page.end] for page in found.pages)
    assert "Descale the boiler every 60 days" in first
    assert "warranty lasts 24 months" in second
    assert "ocr" not in found.parser


@pytest.mark.system
@pytest.mark.usefixtures("tesseract")
@pytest.mark.timeout(120)
async def test_every_page_is_read_on_demand(make_pdf: MakePdf) -> None:
    text = await parse(make_pdf([LINES]), ocr="force")

    assert "Descale the boiler" in text


@pytest.mark.system
@pytest.mark.usefixtures("tesseract")
@pytest.mark.timeout(120)
async def test_a_language_that_is_not_installed_is_named(scan: bytes) -> None:
    with pytest.raises(UnreadableDocumentError, match=r"ocr_languages.*tesseract-ocr-") as caught:
        await parse(scan, ocr_languages=("xyz",))

    assert caught.value.reason is QuarantineReason.NO_TEXT


async def test_without_tesseract_a_scan_says_how_to_install_it(
    scan: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(UnreadableDocumentError, match=INSTALL) as caught:
        await parse(scan)

    assert caught.value.reason is QuarantineReason.NO_TEXT


async def test_recognition_can_be_switched_off(scan: bytes) -> None:
    with pytest.raises(UnreadableDocumentError, match="looks like a scan") as caught:
        await parse(scan, ocr="off")

    assert INSTALL not in str(caught.value)


def test_text_of_pictures_is_other_text() -> None:
    versions = {KreuzbergParser(KreuzbergParserConfig(ocr=when)).version for when in Ocr}

    assert len(versions) == 2


@pytest.mark.parametrize("name", ["", "english", "../eng", "eng;"])
def test_a_language_has_a_name_of_tesseract(name: str) -> None:
    with pytest.raises(ValidationError, match="language"):
        KreuzbergParserConfig(ocr_languages=(name,))
