"""The default parser: PDF, office documents, web pages, books, mail, text and Markdown."""

from importlib.metadata import version
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from providers.errors import UnreadableDocumentError
from providers.parser.pool import WorkerPool
from providers.parser.reading import Limits, check_size
from providers.parser.worker import ParseRequest
from providers.types import Health, ParsedDocument, Status

RULES = "1"
"""Counts up when our own reading rules change the text or the headings."""


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
        reply = await self._pool.parse(request, data)
        if reply.reason is not None:
            raise UnreadableDocumentError(reply.reason, reply.message)
        if reply.document is None:
            raise AssertionError("a reply without a reason carries a document")
        return reply.document

    async def check(self) -> Health:
        """Tell that the parser's packages are installed."""
        return Health(status=Status.READY, plugin="kreuzberg", detail=self._version)

    async def aclose(self) -> None:
        """End the parser's processes."""
        await self._pool.aclose()
