import os
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import anyio
import pytest
from pydantic import ValidationError

from providers.errors import ProviderError, QuarantineReason, UnreadableDocumentError
from providers.parser import media
from providers.parser.kreuzberg import KreuzbergParser, KreuzbergParserConfig
from providers.types import Status

pytestmark = pytest.mark.integration

PAGE = """<!DOCTYPE html><html><head><title>Pump help</title><meta name="author" content="Ann">
<script>bad()</script></head><body>
<h1>Pump &amp; hose</h1><p>Turn the <b>red</b> valve.</p><ul><li>one<ul><li>deep</li></ul></li></ul>
<h2>Values</h2><table><tr><th>Name</th><th>Bar</th></tr><tr><td>Inlet</td><td>4</td></tr></table>
<blockquote>Never run dry.</blockquote>loose words</body></html>"""


async def test_docx_has_headings_and_tables_but_no_pages(
    parser: KreuzbergParser, make_docx: Callable[..., bytes]
) -> None:
    data = make_docx(
        ("Heading1", "Pump"),
        ("", "It moves 5 * 3 litres."),
        ("Heading2", "Values"),
        [["Name", "Bar"], ["Inlet", "4"]],
    )

    document = await parser.parse(data, filename="a.docx", media_type="")

    assert [(h.title, h.page) for h in document.headings] == [("Pump", None), ("Values", None)]
    assert document.headings[0].level < document.headings[1].level
    assert "It moves 5 * 3 litres." in document.text
    table = document.text[document.tables[0].start : document.tables[0].end]
    assert table.splitlines()[-1] == "| Inlet | 4 |"
    assert document.pages == ()
    assert document.parser == parser.version


async def test_html_keeps_all_visible_text(parser: KreuzbergParser) -> None:
    document = await parser.parse(PAGE.encode(), filename="a.html", media_type="")

    assert [(h.level, h.title) for h in document.headings] == [(1, "Pump & hose"), (2, "Values")]
    for visible in ("Turn the red valve.", "deep", "Never run dry.", "loose words", "| Inlet | 4"):
        assert visible in document.text
    assert "bad()" not in document.text
    assert document.text.startswith("Pump & hose")
    assert document.title == "Pump help"


async def test_mail_has_headers_body_and_attachment_names(parser: KreuzbergParser) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Überdruck"
    mail["From"] = "a@b.example"
    mail["To"] = "c@d.example"
    mail.set_content("Die Pumpe\nist laut.\n")
    mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="log.pdf")

    document = await parser.parse(bytes(mail), filename="a.eml", media_type="")

    assert "Subject: Überdruck" in document.text
    assert "Die Pumpe\nist laut." in document.text
    assert document.text.endswith("Attachments: log.pdf")
    assert document.title == "Überdruck"


async def test_markdown_is_kept_literally(parser: KreuzbergParser) -> None:
    source = "# Über *uns*\r\n\r\nGanz **fett**."

    document = await parser.parse(source.encode(), filename="a.md", media_type="")

    assert document.text == "# Über *uns*\n\nGanz **fett**."
    assert document.title == "Über uns"
    assert document.media_type == media.MARKDOWN


async def test_language_is_told_when_there_is_enough_text(parser: KreuzbergParser) -> None:
    german = "Die Pumpe muss vor jeder Wartung vom Stromnetz getrennt werden. " * 3

    long = await parser.parse(german.encode(), filename="a.txt", media_type="")
    short = await parser.parse(b"Die Pumpe", filename="a.txt", media_type="")

    assert long.language == "de"
    assert short.language is None


async def test_one_bad_file_does_not_stop_the_next(
    parser: KreuzbergParser, make_pdf: Callable[..., bytes]
) -> None:
    with pytest.raises(UnreadableDocumentError):
        await parser.parse(b"%PDF-1.4 broken", filename="a.pdf", media_type="")

    document = await parser.parse(
        make_pdf([[("Good words here.", 10)]]), filename="a.pdf", media_type=""
    )

    assert document.text == "Good words here."


async def test_slow_file_is_stopped_and_its_process_killed(make_pdf: Callable[..., bytes]) -> None:
    parser = KreuzbergParser(KreuzbergParserConfig(workers=1, timeout_s=0.01))
    started = time.monotonic()

    with pytest.raises(UnreadableDocumentError) as caught:
        await parser.parse(make_pdf([[("Word", 10)]]), filename="a.pdf", media_type="")

    assert caught.value.reason is QuarantineReason.TIMEOUT
    assert time.monotonic() - started < 5
    await parser.aclose()
    assert not _parser_processes()


def _parser_processes() -> list[Path]:
    mine = f"\nPPid:\t{os.getpid()}\n"
    return [
        process
        for process in Path("/proc").glob("[0-9]*")
        if mine in (process / "status").read_text()
        and b"providers.parser.worker" in (process / "cmdline").read_bytes()
    ]


async def test_file_that_needs_too_much_memory_is_refused() -> None:
    parser = KreuzbergParser(
        KreuzbergParserConfig(workers=1, memory_limit_bytes=200_000_000, max_bytes=150_000_000)
    )
    try:
        with pytest.raises(UnreadableDocumentError) as caught:
            await parser.parse(b"word " * 24_000_000, filename="a.txt", media_type="")
        document = await parser.parse(b"still here", filename="a.txt", media_type="")
    finally:
        await parser.aclose()

    assert caught.value.reason in {QuarantineReason.TOO_LARGE, QuarantineReason.CORRUPT}
    assert document.text == "still here"


async def test_more_files_than_processes_wait_their_turn(parser: KreuzbergParser) -> None:
    titles: list[str | None] = []

    async def parse(number: int) -> None:
        text = f"# Title {number}".encode()
        titles.append((await parser.parse(text, filename="a.md", media_type="")).title)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(parse, number)

    assert sorted(filter(None, titles)) == [f"Title {n}" for n in range(5)]


async def test_too_many_bytes_never_reach_the_process() -> None:
    parser = KreuzbergParser(KreuzbergParserConfig(max_bytes=10))

    with pytest.raises(UnreadableDocumentError) as caught:
        await parser.parse(b"x" * 11, filename="a.txt", media_type="")

    assert caught.value.reason is QuarantineReason.TOO_LARGE


async def test_closed_parser_says_so() -> None:
    parser = KreuzbergParser(KreuzbergParserConfig())
    await parser.aclose()
    await parser.aclose()

    with pytest.raises(ProviderError, match="closed"):
        await parser.parse(b"x", filename="a.txt", media_type="")


async def test_check_and_options() -> None:
    health = await KreuzbergParser(KreuzbergParserConfig()).check()

    assert health.status is Status.READY
    with pytest.raises(ValidationError):
        KreuzbergParserConfig.model_validate({"timeout": 3})
