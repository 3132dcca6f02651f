"""What must not be kept is not kept, and what is harmless stays."""

import time

import pytest

from service.tracing.masking import masked, masked_value


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to anna.maria@mail.example.co.uk please", "write to [email] please"),
        ("IBAN DE89 3704 0044 0532 0130 00!", "IBAN [iban]!"),
        ("card 4111 1111 1111 1111 expires", "card [card] expires"),
        ("call +49 (0)30 901820 today", "call [phone] today"),
        ("from 192.168.17.254 it came", "from [ip] it came"),
        ("my key is AKIAIOSFODNN7EXAMPLE ok", "my key is [secret] ok"),
        ("password: hunter2Hunter9x", "password: [secret]"),
        ("postgres://bob:s3cretpw@db/x", "[secret]db/x"),
    ],
)
def test_personal_data_and_secrets_are_marked(text: str, left: str) -> None:
    assert masked(text) == left
    # Where long harmless text surrounds them, too.
    filler = "The boiler is descaled every sixty days. " * 40
    assert masked(f"{filler}{text} {filler}") == f"{filler}{left} {filler}"


@pytest.mark.parametrize(
    "text",
    [
        "The Brisk 12 draws 2200 W at 230 V, 50 Hz; part 4711-0815-22.",
        "Error E4 on 2026-11-25 at 12:30:15.123, firmware 1.2.3",
        "order 1234567890123 is on its way",
        "press the key, then the token falls into the tray",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    assert masked(text) == text


def test_every_text_in_a_value_is_masked() -> None:
    found = masked_value({"a": [{"b": "bob@example.com"}], "n": 3, "x": None})
    assert found == {"a": [{"b": "[email]"}], "n": 3, "x": None}


def test_long_texts_take_little_time() -> None:
    text = "The key of the boiler: 230 V, 50 Hz, see page 12-14. " * 20_000
    started = time.process_time()
    masked(text)
    assert time.process_time() - started < 5
