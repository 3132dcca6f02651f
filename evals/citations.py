"""Do citations name the right page? Headings of manuals as questions, their pages as answers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from evals.errors import DatasetError
from evals.jsonl import read_rows
from evals.metrics import first_rank, hit_rate

DEPTHS = (1, 3, 5)
"""The k of page_hit@k."""


class GoldRow(BaseModel):
    """A heading and where it stands; `page` is physical, from 1."""

    file: str = Field(min_length=1)
    heading: str = Field(min_length=1)
    page: int = Field(ge=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a file; `page` is None for formats without pages."""

    source: str
    page: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingQuestion:
    """A heading, asked once; any of its places is right."""

    heading: str
    places: frozenset[Place]


Locate = Callable[[str, int], Awaitable[Sequence[Place]]]
"""Finds where the best `k` passages of a query start, best first."""


def load_headings(path: Path) -> list[HeadingQuestion]:
    """Load the gold file; all lines with one heading become one question.

    Raises:
        DatasetError: a line is malformed or there is none.
    """
    places: dict[str, set[Place]] = {}
    for row in read_rows(path, GoldRow):
        places.setdefault(row.heading, set()).add(Place(row.file, row.page))
    if not places:
        raise DatasetError(f"{path} has no lines")
    return [HeadingQuestion(heading=h, places=frozenset(found)) for h, found in places.items()]


async def evaluate_citations(
    questions: Sequence[HeadingQuestion],
    locate: Locate,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, float]:
    """Ask every heading; returns `questions` and `page_hit@k` for each depth.

    A passage over several pages hits only the page where it starts.
    """
    ranks: list[int | None] = []
    for question in questions:
        hits = await locate(question.heading, max(DEPTHS))
        ranks.append(first_rank(hits, question.places))
        progress(len(ranks))
    hits_at = {f"page_hit@{k}": round(hit_rate(ranks, k), 4) for k in DEPTHS}
    return {"questions": len(ranks), **hits_at}
