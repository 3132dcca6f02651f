"""What a document says of its own version and date."""

from datetime import UTC, datetime

import pytest

from data.values import Stated
from graphs.ingest.stated import date_in, order, stated_by, version_in
from providers.types import PageSpan, ParsedDocument


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("Version 13", "13"),
        ("Rev. 13", "13"),
        ("Rev 2.1", "2.1"),
        ("Revision C", "C"),
        ("LibreBox USB Protocol Version 12", "12"),
        ("Device protocol v13", "13"),
        ("manual-v2.0.1", "2.0.1"),
        ("guide r3", "3"),
        ("Edition 7", "7"),
        ("2nd edition", "2"),
        ("3. Auflage", "3"),
        ("Ausgabe 6", "6"),
        ("Version: 1.10b", "1.10B"),
        ("Fassung Nr. 4", "4"),
        ("Version 007", "7"),
        ("Firmware version 1.8", None),
        ("Bluetooth v5.0", None),
        ("24 V supply", None),
        ("Introduction", None),
        ("Versions of the device", None),
    ],
)
def test_a_version_is_read(line: str, version: str | None) -> None:
    assert version_in(line) == version


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("July 1, 2024", (2024, 7, 1)),
        ("1 July 2024", (2024, 7, 1)),
        ("1st of nothing, Jul. 2024", (2024, 7, 1)),
        ("Stand: 17. Dezember 2022", (2022, 12, 17)),
        ("März 2021", (2021, 3, 1)),
        ("01.07.2024", (2024, 7, 1)),
        ("2024-07-01", (2024, 7, 1)),
        ("2024/7/1", (2024, 7, 1)),
        ("manual 20240701 final", (2024, 7, 1)),
        ("Stand 07/2024", (2024, 7, 1)),
        ("2024-07", (2024, 7, 1)),
        ("31.02.2024", None),
        ("13/2024", None),
        ("part 1.2024.55", None),
        ("4 May be hot", None),
    ],
)
def test_a_date_is_read(line: str, day: tuple[int, int, int] | None) -> None:
    assert date_in(line) == (day and datetime(*day, tzinfo=UTC))


def parsed(text: str, **fields: object) -> ParsedDocument:
    return ParsedDocument(text=text, media_type="text/plain", parser="p", **fields)  # type: ignore[arg-type]


def test_the_name_comes_before_the_title_and_the_first_page() -> None:
    document = parsed("Protocol\nVersion 3\nJuly 1, 2024\n", title="Protocol Version 2")

    assert stated_by(document, "docs/protocol_v4.pdf").version == "4"
    assert stated_by(document, "docs/protocol.pdf").version == "2"
    assert stated_by(parsed(document.text), "p.pdf") == Stated(
        version="3", date=datetime(2024, 7, 1, tzinfo=UTC)
    )


def test_prose_and_later_pages_state_nothing() -> None:
    prose = f"This describes version 5 of the firmware{' that many have' * 5}.\n"
    first = "Guide\n"
    pages = (
        PageSpan(number=1, start=0, end=len(first)),
        PageSpan(number=2, start=len(first), end=len(first) + 9),
    )

    assert stated_by(parsed(prose), "a.txt") == Stated()
    assert stated_by(parsed(f"{first}Version 9", pages=pages), "a.pdf") == Stated()


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (Stated(version="13"), Stated(version="12"), 1),
        (Stated(version="9"), Stated(version="10"), -1),
        (Stated(version="2.0"), Stated(version="2"), 0),
        (Stated(version="2.10"), Stated(version="2.9"), 1),
        (Stated(version="B"), Stated(version="C"), -1),
        (Stated(version="B"), Stated(version="2"), 0),
        (Stated(version="2"), Stated(), 0),
    ],
)
def test_versions_are_ordered(one: Stated, two: Stated, expected: int) -> None:
    assert order(one, two) == expected
    assert order(two, one) == -expected


def test_a_date_decides_where_versions_do_not() -> None:
    older = Stated(version="B", date=datetime(2022, 1, 1, tzinfo=UTC))
    newer = Stated(version="2", date=datetime(2023, 1, 1, tzinfo=UTC))

    assert order(newer, older) == 1
    assert order(older, newer) == -1
