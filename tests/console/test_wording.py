"""Numbers and times in words."""

from datetime import UTC, datetime, timedelta

import pytest

from console import wording
from providers.errors import QuarantineReason
from providers.types import Status
from service.schemas import DocumentStatus

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1536, "1.54 kB"), (123_456, "123 kB"),
     (25_000_000, "25 MB"), (7_000_000_000_000, "7,000 GB")],
)  # fmt: skip
def test_sizes(count: int, said: str) -> None:
    assert wording.size(count) == said


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=9), "1 Mar 2026"),
    ],
)
def test_times(passed: timedelta, said: str) -> None:
    assert wording.ago(NOW - passed, NOW) == said


def test_a_time_without_a_zone_is_read_as_utc() -> None:
    assert wording.ago(NOW.replace(tzinfo=None) - timedelta(hours=2), NOW) == "2 h ago"


def test_every_status_and_reason_has_words() -> None:
    assert set(wording.STATUS) == set(DocumentStatus)
    assert set(wording.HEALTH) == set(Status)
    assert set(wording.REASON) == {reason.value for reason in QuarantineReason}


def test_sentences_begin_with_a_capital_and_end_with_a_stop() -> None:
    assert wording.sentence("send it again") == "Send it again."
    assert wording.sentence("Really?") == "Really?"
    assert wording.sentence(" ") == ""
