"""What a scripted model does, read from its name: `scripted-slow-200ms-tps-50-429-after-2`."""

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "scripted"
"""The name of a model without faults; faults and pace follow, joined by hyphens."""


class ServedFault(StrEnum):
    """How a call of the loopback server fails; the value is the word in the model's name."""

    UNAUTHORISED = "401"
    NO_MODEL = "404"
    RATE_LIMIT = "429"
    BROKEN = "500"
    BUSY = "503"
    RESET = "reset"
    CUT = "cut"
    MALFORMED = "malformed"
    ENDLESS = "endless"
    EMPTY = "empty"
    WRONG_TOOL = "wrongtool"
    INVALID_JSON = "invalidjson"
    TIMEOUT = "timeout"


STATUSES = frozenset(
    {
        ServedFault.UNAUTHORISED,
        ServedFault.NO_MODEL,
        ServedFault.RATE_LIMIT,
        ServedFault.BROKEN,
        ServedFault.BUSY,
    }
)
"""Faults that are an HTTP status of their own."""

_WORD = re.compile(
    r"(?P<fault>401|404|429|500|503|reset|cut|malformed|endless|empty|wrongtool|invalidjson|timeout)"
    r"|after-(?P<after>\d+)|slow-(?P<slow>\d+)ms|tps-(?P<tps>\d+)|flaky-(?P<flaky>\d+)"
    r"|v(?P<version>\w+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a scripted model answers.

    `first_ms` is the time to the first piece, `piece_ms` between two. A `flaky` model fails
    that many calls and then answers; without a fault of its own with a 503. `retry_after_s`
    goes out as a header with a 429 or a 503.
    """

    fault: ServedFault | None = None
    retry_after_s: int | None = None
    first_ms: float = 0.0
    piece_ms: float = 0.0
    flaky: int | None = None

    def fault_of_call(self, number: int) -> ServedFault | None:
        """Return how the call of this number (from 1) of the model fails, if it does."""
        if self.flaky is None:
            return self.fault
        return (self.fault or ServedFault.BUSY) if number <= self.flaky else None


def behaviour_of(name: str) -> Behaviour | None:
    """Read a model's name; None when it is no scripted one or a part of it means nothing.

    The parts: `401`, `404`, `429`, `500`, `503`, `reset` (the connection breaks in
    mid-stream), `cut` (the reply ends in the middle, politely), `malformed`, `endless`,
    `empty`, `wrongtool`, `invalidjson`, `timeout` (no byte ever comes); `after-<s>`
    (Retry-After), `slow-<ms>ms` (to the first piece), `tps-<n>` (pieces a second), `flaky-<n>`
    (only the first n calls fail) and `v<word>` (to tell two models apart).
    """
    if name != PREFIX and not name.startswith(PREFIX + "-"):
        return None
    rest = name.removeprefix(PREFIX)
    given: dict[str, str] = {}
    while rest:
        match = _WORD.match(rest, 1)
        if match is None or (match.end() < len(rest) and rest[match.end()] != "-"):
            return None
        given |= {key: value for key, value in match.groupdict().items() if value is not None}
        rest = rest[match.end() :]
    tps = int(given.get("tps", "0"))
    return Behaviour(
        fault=ServedFault(given["fault"]) if "fault" in given else None,
        retry_after_s=int(given["after"]) if "after" in given else None,
        first_ms=float(given.get("slow", "0")),
        piece_ms=1000.0 / tps if tps else 0.0,
        flaky=int(given["flaky"]) if "flaky" in given else None,
    )
