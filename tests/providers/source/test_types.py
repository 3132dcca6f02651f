"""Moments as sources write them."""

import pytest

from providers.source.types import SkipReason, read_moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wed, 21 Oct 2015 07:28:00 GMT", "2015-10-21T07:28:00+00:00"),
        ("Wed, 21 Oct 2015 09:28:00 +0200", "2015-10-21T07:28:00+00:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T02:00:00.5+02:00", "2026-01-01T00:00:00.500000+00:00"),
        ("2026-01-01", "2026-01-01T00:00:00+00:00"),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read(text: str | None, expected: str | None) -> None:
    moment = read_moment(text)
    assert (moment and moment.isoformat()) == expected


def test_what_an_owner_forbids_withdraws() -> None:
    assert {reason.value for reason in SkipReason if reason.withdraws} == {
        "robots",
        "noai",
        "noindex",
        "outside",
    }
