"""The default parser: PDF, office documents, web pages, books, mail, text and Markdown."""

import re
from dataclasses import replace
from importlib.metadata import version
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.pool import WorkerPool
from providers.parser.quality import text_page_share
from providers.parser.reading import Limits, check_size
from providers.parser.recognition import INSTALL, Ocr, Recognition, is_installed
from providers.parser.worker import ParseReply, ParseRequest
from providers.types import Health, ParsedDocument, Status

RULES = "1"
"""Counts up when our own reading rules change the text or the headings."""
SCAN_SHARE = 0.5
"""A PDF with text on fewer of its pages is taken for a scan; no manual that was measured has
less than three quarters."""
_LANGUAGE = re.compile(r"[a-z]{3}(?:_[A-Za-z]+)*")
_HOW_TO_RECOGNISE = (
    f"To recognise its text (OCR), install Tesseract ({INSTALL}) and add the file again; "
    "or add a searchable copy."
)


class KreuzbergParserConfig(BaseModel):
    """Options of the `kreuzberg` parser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_s: float = Field(default=30, gt=0)
    """Longest time for one file, in seconds."""
    max_bytes: int = Field(default=100_000_000, gt=0)
    max_expanded_bytes: int = Field(default=50_000_000, gt=0)
    """Most bytes that a DOCX, XLSX, PPTX, ODT or EPUB may unpack to."""
    max_pages: int = Field(default=2000, gt=0)
    workers: int = Field(default=2, ge=1, le=32)
    """Parser processes; each starts when it is first needed."""
    memory_limit_bytes: int = Field(default=1_000_000_000, ge=200_000_000)
    """Most memory that one parser process may take."""
    ocr: Ocr = Ocr.AUTO
    """When the pictures of a PDF's pages are read; `auto` reads scans if Tesseract is there."""
    ocr_languages: tuple[str, ...] = Field(default=("eng",), min_length=1)
    """What to read them in: names of Tesseract, such as `eng` and `deu`."""
    ocr_timeout_s: float = Field(default=600, gt=0)
    """Longest time for reading the pictures of one file, in seconds."""

    @field_validator("ocr_languages")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _LANGUAGE.fullmatch(name):
                raise ValueError(f"{name!r} is no language of Tesseract, such as 'eng' or 'deu'")
        return value


class KreuzbergParser:
    """Reads PDFs with pypdfium2 and everything else with kreuzberg, in processes of its own."""

    config_type: ClassVar = KreuzbergParserConfig

    def __init__(self, config: KreuzbergParserConfig) -> None:
        self._limits = Limits(
            max_bytes=config.max_bytes,
            max_expanded_bytes=config.max_expanded_bytes,
            max_pages=config.max_pages,
        )
        self._pool = WorkerPool(
            size=config.workers,
            timeout_s=config.timeout_s,
            memory_limit_bytes=config.memory_limit_bytes,
        )
        self._version = (
            f"kreuzberg-{version('kreuzberg')}+pdfium-{version('pypdfium2')}+rules-{RULES}"
        )
        self._ocr, self._ocr_timeout_s = config.ocr, config.ocr_timeout_s
        every_page = config.ocr is Ocr.FORCE
        self._recognition = Recognition(languages=config.ocr_languages, every_page=every_page)
        if every_page:  # other text than without it
            self._version += f"+ocr-{'-'.join(config.ocr_languages)}"

    @property
    def version(self) -> str:
        """Name and version; part of each chunk's identity."""
        return self._version

    async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
        """Parse one file.

        Raises:
            UnreadableDocumentError: with the reason for quarantine.
        """
        check_size(data, self._limits.max_bytes)
        request = ParseRequest(
            filename=filename, media_type=media_type, parser=self._version, limits=self._limits
        )
        if self._ocr is Ocr.FORCE:
            return await self._recognised(request, data)
        reply = await self._pool.parse(request, data)
        if self._ocr is Ocr.AUTO and _is_scan(reply):
            if is_installed():
                return await self._recognised(request, data)
            if reply.document is None:
                raise UnreadableDocumentError(
                    QuarantineReason.NO_TEXT, f"{reply.message} {_HOW_TO_RECOGNISE}"
                )
        return _document(reply)

    async def _recognised(self, request: ParseRequest, data: bytes) -> ParsedDocument:
        asked = replace(request, recognition=self._recognition)
        return _document(await self._pool.parse(asked, data, timeout_s=self._ocr_timeout_s))

    async def check(self) -> Health:
        """Tell that the parser's packages are installed."""
        return Health(status=Status.READY, plugin="kreuzberg", detail=self._version)

    async def aclose(self) -> None:
        """End the parser's processes."""
        await self._pool.aclose()


def _is_scan(reply: ParseReply) -> bool:
    """Tell whether most pages are pictures."""
    if reply.document is None:
        return reply.reason is QuarantineReason.NO_TEXT
    return text_page_share(reply.document) < SCAN_SHARE


def _document(reply: ParseReply) -> ParsedDocument:
    if reply.reason is not None:
        raise UnreadableDocumentError(reply.reason, reply.message)
    if reply.document is None:
        raise AssertionError("a reply without a reason carries a document")
    return reply.document
