"""Cuts a document at its headings."""

from collections.abc import Sequence
from dataclasses import dataclass

from providers.types import Heading, ParsedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Characters [start, end) under one heading, up to the next heading of any level.

    `path` holds the titles from the outermost heading to this one; it is empty for the text
    before the first heading.
    """

    start: int
    end: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedHeading:
    """A heading with the titles that lead to it, its own last."""

    heading: Heading
    path: tuple[str, ...]


def placed_headings(headings: Sequence[Heading]) -> list[PlacedHeading]:
    """Give each heading its path; a heading closes those of its own and of deeper levels."""
    placed: list[PlacedHeading] = []
    open_headings: list[Heading] = []
    for heading in sorted(headings, key=lambda heading: heading.start):
        while open_headings and open_headings[-1].level >= heading.level:
            open_headings.pop()
        open_headings.append(heading)
        path = tuple(each.title for each in open_headings)
        placed.append(PlacedHeading(heading=heading, path=path))
    return placed


def sections_of(document: ParsedDocument) -> list[Section]:
    """Return the document's sections in order; together they cover its whole text."""
    placed = placed_headings(document.headings)
    borders = [0, *(each.heading.start for each in placed), len(document.text)]
    paths = [(), *(each.path for each in placed)]
    return [
        Section(start=start, end=end, path=path)
        for start, end, path in zip(borders, borders[1:], paths, strict=False)
        if document.text[start:end].strip()
    ]
