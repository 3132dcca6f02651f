"""Which documents step back because a newer one says what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A newer document that may answer instead of an older one."""

    newer: str
    older: str


def superseded(
    replacements: Iterable[Replacement], arrived: Mapping[str, datetime]
) -> dict[str, str]:
    """Return, for each document that steps back, the one that it steps back for.

    Of every circle, which texts that contradict each other can form, the document that
    arrived last stays: something always answers.

    Args:
        replacements: pairs of documents; those with a document not in `arrived` do not count.
        arrived: when each document that search can find was added.
    """
    after: dict[str, str] = {}
    for pair in replacements:
        if pair.newer in arrived and pair.older in arrived:
            known = after.get(pair.older)
            after[pair.older] = pair.newer if known is None else _later(known, pair.newer, arrived)
    for start in list(after):
        circle = _circle(start, after)
        if circle:
            del after[max(circle, key=lambda id: (arrived[id], id))]
    return after


def _later(one: str, two: str, arrived: Mapping[str, datetime]) -> str:
    return max(one, two, key=lambda id: (arrived[id], id))


def _circle(start: str, after: Mapping[str, str]) -> list[str]:
    """Return the circle that the way from `start` ends in, if it ends in one."""
    way: list[str] = []
    at: str | None = start
    while at is not None and at not in way:
        way.append(at)
        at = after.get(at)
    return [] if at is None else way[way.index(at) :]
