"""When a source is crawled: cron, time zones, windows over midnight."""

from datetime import UTC, datetime

import pytest

from service.crawl_times import Window, next_crawl, window_of
from service.errors import SourceInvalidError


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str, zone: str = "UTC") -> Window:
    found = window_of(start, end, zone)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("0 3 * * *", "UTC", "2026-11-25 02:59", "2026-11-25 03:00"),
        ("0 3 * * *", "UTC", "2026-11-25 03:00", "2026-11-26 03:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-11-25 00:00", "2026-11-25 02:00"),
        ("*/20 * * * *", "UTC", "2026-11-25 10:01", "2026-11-25 10:20"),
        # 25 November 2026 is a Wednesday; in cron 0 and 7 are Sunday.
        ("0 3 * * 0", "UTC", "2026-11-25 04:00", "2026-11-29 03:00"),
        ("0 3 * * 7", "UTC", "2026-11-25 04:00", "2026-11-29 03:00"),
        ("0 3 * * 1-5", "UTC", "2026-11-27 04:00", "2026-11-30 03:00"),
        ("0 3 * * fri-mon", "UTC", "2026-11-28 04:00", "2026-11-29 03:00"),
        ("0 3 * * SAT,sun", "UTC", "2026-11-25 04:00", "2026-11-28 03:00"),
        ("0 3 * * */3", "UTC", "2026-11-25 04:00", "2026-11-28 03:00"),
        ("0 3 1 * *", "UTC", "2026-11-25 04:00", "2026-12-01 03:00"),
    ],
)
def test_the_next_crawl_follows_the_schedule(
    schedule: str, zone: str, after: str, due: str
) -> None:
    assert next_crawl(schedule, zone, None, at(after)) == at(due)


def test_an_hour_that_clocks_skip_is_not_lost() -> None:
    # In Berlin, 2:30 does not exist on 29 March 2026.
    due = next_crawl("30 2 * * *", "Europe/Berlin", None, at("2026-03-28 12:00"))
    assert due is not None
    assert at("2026-03-29 00:00") < due <= at("2026-03-30 01:00")


@pytest.mark.parametrize(
    "schedule", ["", "daily", "0 3 * *", "61 * * * *", "0 3 * * mun", "0 3 * * 8", "0 3 30 2 *"]
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(SourceInvalidError, match="schedule"):
        next_crawl(schedule, "UTC", None, at("2026-11-25 00:00"))


def test_a_time_outside_the_window_waits_until_it_opens() -> None:
    night = window("22:00", "06:00")
    assert next_crawl("0 12 * * *", "UTC", night, at("2026-11-25 00:00")) == at("2026-11-25 22:00")
    assert next_crawl("0 3 * * *", "UTC", night, at("2026-11-25 00:00")) == at("2026-11-25 03:00")


def test_a_window_may_reach_over_midnight_in_its_own_zone() -> None:
    night = window("22:00", "06:00", "America/New_York")
    assert not night.is_open(at("2026-11-25 02:59"))
    assert night.is_open(at("2026-11-25 03:00"))
    assert night.is_open(at("2026-11-25 10:59"))
    assert not night.is_open(at("2026-11-25 11:00"))
    assert night.closes_at(at("2026-11-25 03:00")) == at("2026-11-25 11:00")
    assert night.opens_at(at("2026-11-25 12:00")) == at("2026-11-26 03:00")
    day = window("09:00", "17:00")
    assert [day.is_open(at(f"2026-11-25 {hour}")) for hour in ("08:59", "09:00", "17:00")] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("start", "end", "zone", "message"),
    [
        ("22:00", None, "UTC", "window_start and window_end"),
        ("22:00", "22:00", "UTC", "two different times"),
        ("22:00", "06:00", "Mars/Olympus", "no time zone"),
        ("22:00", "06:00", "../etc/passwd", "no time zone"),
    ],
)
def test_what_is_no_window_is_refused(start: str, end: str | None, zone: str, message: str) -> None:
    with pytest.raises(SourceInvalidError, match=message):
        window_of(start, end, zone)
