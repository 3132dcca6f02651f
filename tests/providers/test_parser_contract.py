"""What every parser plugin keeps to; a new plugin is one row here."""

import unicodedata
from collections.abc import AsyncIterator

import pytest

from providers.errors import UnreadableDocumentError
from providers.protocols import Parser
from providers.registry import PARSER, installed, load
from providers.types import Status

PLUGINS = ["kreuzberg", "text"]
MARKDOWN = (
    "# Größe\r\n\r\nText e\u0301.\r\n\r\n## Zwei\r\n\r\n| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n"
)


@pytest.fixture(params=PLUGINS)
async def parser(request: pytest.FixtureRequest) -> AsyncIterator[Parser]:
    parser = load(PARSER, request.param, {})
    yield parser
    await parser.aclose()


def test_every_installed_plugin_has_a_row() -> None:
    assert installed(PARSER) == sorted(PLUGINS)


async def test_text_is_normalised_and_pointed_into(parser: Parser) -> None:
    document = await parser.parse(MARKDOWN.encode(), filename="a.md", media_type="")

    assert unicodedata.is_normalized("NFC", document.text)
    assert "\r" not in document.text
    assert [document.text[h.start :].split("\n")[0] for h in document.headings] == [
        "# Größe",
        "## Zwei",
    ]
    table = document.tables[0]
    assert document.text[table.start : table.end].splitlines()[2] == "| 1 | 2 |"
    assert document.parser == parser.version


async def test_empty_file_is_refused_with_a_reason(parser: Parser) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        await parser.parse(b"", filename="a.md", media_type="")

    assert caught.value.reason.value == "empty"


async def test_health_and_closing_twice(parser: Parser) -> None:
    assert (await parser.check()).status is Status.READY
    await parser.aclose()
    await parser.aclose()
