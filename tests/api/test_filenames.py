"""Names of uploaded files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.filenames import FALLBACK, MAX_BYTES, clean_filename


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("manual.pdf", "manual.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.docx", "plan.docx"),
        ("a\x00b.pdf", "ab.pdf"),
        ("invoice_\u202efdp.exe", "invoice_fdp.exe"),
        ("\ufeffBetriebsanleitung Übersicht.pdf", "Betriebsanleitung Übersicht.pdf"),
        ("  a \r\n b.txt ", "a b.txt"),
        ("..", FALLBACK),
        ("", FALLBACK),
        ("folder/", FALLBACK),
        ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
    ],
)
def test_keeps_what_is_a_name(given_name: str, expected: str) -> None:
    assert clean_filename(given_name) == expected


def test_shortens_the_stem_and_keeps_the_suffix() -> None:
    name = clean_filename("ü" * 300 + ".pdf")
    assert name.endswith("ü.pdf")
    assert len(name.encode()) <= MAX_BYTES


@given(st.text(max_size=400))
def test_is_never_a_path_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    name = clean_filename(text)
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert not set("/\\\0\r\n\u202e") & set(name)
    assert name not in (".", "..")
    assert clean_filename(name) == name
