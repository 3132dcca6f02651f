"""Texts that went wrong are told from texts that are only unusual."""

import pytest

from providers.parser.quality import garbled_characters, has_text, text_page_share
from providers.types import PageSpan, ParsedDocument


@pytest.mark.parametrize(
    "text",
    [
        "Grüße aus Düsseldorf: 20 °C, ½ Liter, 5 µm, „Vorsicht“ – Ängström",
        "Ça coûte 3 €. Où ? Là-bas… ¿Qué? Ærø, Šibenik, Łódź",
        "Ελληνικά, русский, 日本語, עברית, हिन्दी, emoji 🙂",
        "| 1 | 2 |\n|---|---|\n~~~ $§%& ± × ÷ √ ≤ ≥ → ✓",
    ],
)
def test_unusual_is_not_garbled(text: str) -> None:
    assert garbled_characters(text) == 0


def test_utf8_that_was_read_as_windows_1252_is_counted() -> None:
    misread = "Über Größe – 5 €".encode().decode("cp1252", errors="replace")

    assert garbled_characters(misread) == 5


@pytest.mark.parametrize(("text", "count"), [("a\ufffdb\ufffd", 2), ("\ue000\uf0b7 x", 2)])
def test_letters_that_nobody_can_read_are_counted(text: str, count: int) -> None:
    assert garbled_characters(text) == count


def test_a_page_number_is_no_text() -> None:
    assert not has_text("— 12 —")
    assert has_text("Keep it dry.")


def test_the_share_of_pages_with_text() -> None:
    text = "Keep it dry.\n7\n"
    pages = (PageSpan(number=1, start=0, end=13), PageSpan(number=2, start=13, end=15))
    plain = ParsedDocument(text=text, media_type="text/plain", parser="p")
    paged = ParsedDocument(text=text, media_type="application/pdf", parser="p", pages=pages)

    assert text_page_share(plain) == 1
    assert text_page_share(paged) == 0.5
