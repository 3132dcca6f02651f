import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.parser.normalising import decode, normalise


@given(st.text())
def test_normalised_text_has_one_form(text: str) -> None:
    once = normalise(text)

    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not [c for c in once if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t"]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("interpo\u00adlation\ufffe", "interpolation"),
        ("cafe\u0301", "caf\u00e9"),
        ("de\ufb01ne", "define"),
        ("a\x00b", "a b"),
        ("trailing  \nspace\t", "trailing\nspace"),
    ],
)
def test_normalise(raw: str, clean: str) -> None:
    assert normalise(raw) == clean


def test_long_runs_of_spaces_take_no_time() -> None:
    started = time.monotonic()

    normalise(("x" + " " * 100_000) * 3 + "y")

    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfplain", "plain"),
        ("größer".encode(), "größer"),
        ("größer".encode("utf-16"), "größer"),
        ("größer".encode("cp1252"), "größer"),
        ("größer ".encode() * 3 + b"\xff", "größer größer größer \ufffd"),
    ],
)
def test_decode(data: bytes, text: str) -> None:
    assert decode(data) == text
