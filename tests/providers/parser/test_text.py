import pytest

from providers.errors import QuarantineReason, UnreadableDocumentError
from providers.parser.text import TextParser, TextParserConfig
from providers.types import Status


@pytest.fixture
def parser() -> TextParser:
    return TextParser(TextParserConfig(max_bytes=1000))


async def test_markdown(parser: TextParser) -> None:
    document = await parser.parse(b"# One\n\n## Two\ntext", filename="a.md", media_type="")

    assert [(h.level, h.title, h.start) for h in document.headings] == [
        (1, "One", 0),
        (2, "Two", 7),
    ]
    assert document.title == "One"
    assert document.page_count is None


async def test_plain_text_has_no_headings(parser: TextParser) -> None:
    document = await parser.parse(b"# One\ntext", filename="a.txt", media_type="")

    assert document.headings == ()


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"%PDF-1.7", "a.pdf", QuarantineReason.UNSUPPORTED),
        (b"%PDF-1.7", "a.txt", QuarantineReason.WRONG_TYPE),
        (b"", "a.txt", QuarantineReason.EMPTY),
        ("\u00a0\u2003".encode(), "a.txt", QuarantineReason.EMPTY),
        (b"x" * 1001, "a.txt", QuarantineReason.TOO_LARGE),
    ],
)
async def test_refusals(
    parser: TextParser, data: bytes, filename: str, reason: QuarantineReason
) -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        await parser.parse(data, filename=filename, media_type="")

    assert caught.value.reason is reason


async def test_check(parser: TextParser) -> None:
    assert (await parser.check()).status is Status.READY
    await parser.aclose()
