"""Are answers right about where they come from, and silent when there is nothing to say?"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, model_validator

from evals.citations import DEPTHS, Place
from evals.errors import DatasetError
from evals.jsonl import read_rows
from evals.metrics import first_rank, hit_rate


class GoldenRow(BaseModel):
    """A question with the place that proves its answer; `page` is physical, from 1."""

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    language: str = "en"
    answerable: bool
    document: str | None = None
    page: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.answerable and (self.document is None or self.page is None):
            raise ValueError("an answerable question needs a document and a page")
        return self

    @property
    def place(self) -> Place:
        """Where the answer stands; of an answerable question."""
        return Place(self.document or "", self.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the service made of a question: passages found (best first), places cited."""

    found: Sequence[Place]
    cited: Sequence[Place]
    abstained: bool


Ask = Callable[[str], Awaitable[Answered]]
"""Asks the service one question."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    row: GoldenRow
    answer: Answered

    @property
    def right_decision(self) -> bool:
        return self.answer.abstained is not self.row.answerable

    @property
    def cites_page(self) -> bool:
        return self.row.place in self.answer.cited

    @property
    def cites_document(self) -> bool:
        return self.row.document in {place.source for place in self.answer.cited}


def load_golden(path: Path) -> list[GoldenRow]:
    """Load golden questions.

    Raises:
        DatasetError: a line is malformed, an id occurs twice, or there is none.
    """
    rows = list(read_rows(path, GoldenRow))
    if not rows:
        raise DatasetError(f"{path} has no lines")
    ids = [row.id for row in rows]
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise DatasetError(f"{path}: the id {twice[0]!r} occurs twice")
    return rows


async def evaluate_answers(
    rows: Sequence[GoldenRow],
    ask: Ask,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Ask every question; returns counts, rates (0..1) and the questions that went wrong.

    `found` rates look at the passages retrieved for answerable questions, `cited` rates at the
    citations of those answers; `answered` and `abstained` are the shares of right decisions.
    """
    outcomes: list[_Outcome] = []
    for row in rows:
        outcomes.append(_Outcome(row, await ask(row.question)))
        progress(len(outcomes))
    answerable = [outcome for outcome in outcomes if outcome.row.answerable]
    others = [outcome for outcome in outcomes if not outcome.row.answerable]
    return {
        "questions": len(outcomes),
        "answerable": len(answerable),
        "unanswerable": len(others),
        "answered": _share([outcome.right_decision for outcome in answerable]),
        "abstained": _share([outcome.right_decision for outcome in others]),
        "cited_document": _share([outcome.cites_document for outcome in answerable]),
        "cited_page": _share([outcome.cites_page for outcome in answerable]),
        **_found_rates(answerable),
        "mistakes": [_mistake(outcome) for outcome in outcomes if _is_mistake(outcome)],
    }


def _found_rates(answerable: Sequence[_Outcome]) -> dict[str, float]:
    pages = [first_rank(item.answer.found, frozenset({item.row.place})) for item in answerable]
    documents = [
        first_rank(
            [place.source for place in item.answer.found], frozenset({item.row.place.source})
        )
        for item in answerable
    ]
    by_page = {f"page_hit@{k}": round(hit_rate(pages, k), 4) for k in DEPTHS}
    return {f"document_hit@{k}": round(hit_rate(documents, k), 4) for k in DEPTHS} | by_page


def _share(verdicts: Sequence[bool]) -> float:
    return round(sum(verdicts) / len(verdicts), 4) if verdicts else 0.0


def _is_mistake(outcome: _Outcome) -> bool:
    return not outcome.right_decision or (outcome.row.answerable and not outcome.cites_page)


def _mistake(outcome: _Outcome) -> dict[str, str]:
    row = outcome.row
    if row.answerable and outcome.answer.abstained:
        what = "abstained"
    elif not row.answerable:
        what = "answered what the documents do not say"
    else:
        cited = ", ".join(f"{p.source} p. {p.page}" for p in outcome.answer.cited) or "nothing"
        what = f"cited {cited}; wanted {row.document} p. {row.page}"
    return {"id": row.id, "question": row.question, "what": what}
