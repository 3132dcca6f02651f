"""The Range header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.byte_ranges import ByteRange, UnsatisfiableRangeError, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-3", ByteRange(0, 4)),
        ("bytes=5-", ByteRange(5, 10)),
        ("bytes=-4", ByteRange(6, 10)),
        ("bytes=-400", ByteRange(0, 10)),
        ("bytes=8-400", ByteRange(8, 10)),
        ("Bytes=0-0", ByteRange(0, 1)),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("bytes=²-3", None),
    ],
)
def test_reads_one_range_of_ten_bytes(header: str | None, expected: ByteRange | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_refuses_a_range_behind_the_end(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        parse_range(header, 10)


def test_an_empty_object_has_no_range() -> None:
    with pytest.raises(UnsatisfiableRangeError):
        parse_range("bytes=0-", 0)


def test_shows_the_inclusive_end() -> None:
    assert ByteRange(2, 5).content_range(10) == "bytes 2-4/10"


@given(st.text("bytes=-0123456789, ", max_size=20), st.integers(0, 1000))
def test_a_range_lies_within_the_object(header: str, size: int) -> None:
    try:
        found = parse_range(header, size)
    except UnsatisfiableRangeError:
        return
    assert found is None or 0 <= found.start < found.end <= size
