"""A parser for plain text and Markdown alone, without any native library."""

from typing import ClassVar

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.plaintext import LITERAL, read_text
from providers.parser.reading import check_size
from providers.parser.sniffing import sniff
from providers.types import Health, ParsedDocument, Status

VERSION = "text-1"
"""Counts up when our own reading rules change the text or the headings."""


class TextParserConfig(BaseModel):
    """Options of the `text` parser."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_bytes: int = Field(default=20_000_000, gt=0)


class TextParser:
    """Reads .txt, .md and .csv files."""

    config_type: ClassVar = TextParserConfig

    def __init__(self, config: TextParserConfig) -> None:
        self._max_bytes = config.max_bytes

    @property
    def version(self) -> str:
        """Name and version; part of each chunk's identity."""
        return VERSION

    async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
        """Parse one file.

        Raises:
            UnreadableDocumentError: with the reason for quarantine.
        """
        return await anyio.to_thread.run_sync(self._read, data, filename, media_type)

    def _read(self, data: bytes, filename: str, media_type: str) -> ParsedDocument:
        check_size(data, self._max_bytes)
        found = sniff(
            data, filename=filename, media_type=media_type, max_expanded_bytes=self._max_bytes
        )
        if found not in LITERAL:
            raise UnreadableDocumentError(
                QuarantineReason.UNSUPPORTED,
                f"The file is {media.NAMES[found]}; the `text` parser reads only text.",
            )
        return read_text(data, media_type=found, parser=VERSION)

    async def check(self) -> Health:
        """Tell that the parser is there: it needs nothing."""
        return Health(status=Status.READY, plugin="text")

    async def aclose(self) -> None:
        """Release nothing."""
