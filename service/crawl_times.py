"""When a source is crawled: by a cron expression, within a window of the day."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.errors import SourceInvalidError

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([1-9]))?")
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """A time of day in which a crawl may work; it may reach over midnight."""

    start: time
    end: time
    zone: ZoneInfo

    def is_open(self, moment: datetime) -> bool:
        """Tell whether a crawl may work at a moment."""
        clock = moment.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def opens_at(self, moment: datetime) -> datetime:
        """Return the first moment from `moment` on at which a crawl may work."""
        return moment if self.is_open(moment) else self._next(self.start, moment)

    def closes_at(self, moment: datetime) -> datetime:
        """Return when the window that is open at `moment` closes."""
        return self._next(self.end, moment)

    def _next(self, clock: time, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        found = datetime.combine(local.date(), clock, self.zone)
        if found <= local:
            found = datetime.combine(local.date() + timedelta(days=1), clock, self.zone)
        return found.astimezone(UTC)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of that name.

    Raises:
        SourceInvalidError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SourceInvalidError(
            f"timezone: there is no time zone {name!r}; use a name such as Europe/Berlin"
        ) from error


def window_of(start: str | None, end: str | None, timezone: str) -> Window | None:
    """Return the window between two times of day (HH:MM); None when there is none.

    Raises:
        SourceInvalidError: only one of them is given, or both are the same.
    """
    if start is None and end is None:
        return None
    if start is None or end is None or start == end:
        raise SourceInvalidError(
            "window_start and window_end: give two different times of day, such as 22:00 and 06:00"
        )
    return Window(time.fromisoformat(start), time.fromisoformat(end), zone_of(timezone))


def next_crawl(
    schedule: str | None, timezone: str, window: Window | None, after: datetime
) -> datetime | None:
    """Return when a source is crawled next after a moment; None without a schedule.

    `schedule` has five fields as cron's: minute, hour, day of month, month, day of week
    (0 and 7 are Sunday); a day must fit both of its fields. A time outside the window is put
    off until the window opens.

    Raises:
        SourceInvalidError: the schedule is no such expression, or never comes.
    """
    if schedule is None:
        return None
    # Only who has schedules pays for the import.
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    zone = zone_of(timezone)
    try:
        trigger = CronTrigger.from_crontab(_with_named_days(schedule), timezone=zone)
        # The trigger counts the moment itself; what was due then has been taken.
        start = (after + timedelta(seconds=1)).astimezone(zone)
        found: datetime | None = trigger.get_next_fire_time(None, start)
    except (ValueError, KeyError, IndexError) as error:
        raise SourceInvalidError(
            f"schedule: {schedule!r} is no cron expression such as '0 3 * * *' ({error})"
        ) from error
    if found is None:
        raise SourceInvalidError(f"schedule: {schedule!r} never comes")
    due = found.astimezone(UTC)
    return window.opens_at(due) if window else due


def _with_named_days(schedule: str) -> str:
    """Name the days of the week: in cron 0 is Sunday, in the trigger Monday."""
    fields = schedule.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"it has {len(fields)} fields, and five are needed")
    if fields[4] != "*":
        fields[4] = ",".join(name for part in fields[4].split(",") for name in _days(part.lower()))
    return " ".join(fields)


def _days(part: str) -> list[str]:
    found = _DAYS.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no day of the week")
    everyday, first, last, step = found.groups()
    start = 0 if everyday else _day(first)
    end = 6 if everyday else _day(last or first)
    if end < start:  # from Friday to Monday, say; Sunday may also be written as 7
        end += 7
    return [_WEEKDAYS[day % 7] for day in range(start, end + 1, int(step or 1))]


def _day(text: str) -> int:
    return _WEEKDAYS.index(text) if text in _WEEKDAYS else _numbered(text)


def _numbered(text: str) -> int:
    if not (text.isdecimal() and int(text) <= len(_WEEKDAYS)):
        raise ValueError(f"{text!r} is no day of the week")
    return int(text)
