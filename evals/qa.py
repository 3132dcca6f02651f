"""Are answers right? Questions with reference answers, asked of the whole service."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, BaseModel, Field, model_validator

from evals.citations import Place
from evals.errors import DatasetError
from evals.jsonl import read_rows
from evals.text_overlap import exact_match, rouge_l, token_f1, without_markers

_MARKER = re.compile(r"\[(\d{1,3})\]")


class QaRow(BaseModel):
    """A question with its reference answer; `page` is physical, from 1.

    `file` and `page` together are the place that a citation should name first.
    """

    question: str = Field(min_length=1)
    answer: str | None = None
    answerable: bool = True
    file: str | None = Field(default=None, validation_alias=AliasChoices("file", "document"))
    page: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if self.answerable and not self.answer:
            raise ValueError("an answerable question needs an answer")
        return self

    @property
    def place(self) -> Place | None:
        """Where the answer stands, if file and page are known."""
        if self.file is None or self.page is None:
            return None
        return Place(self.file, self.page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation of an answer."""

    marker: int
    chunk_id: str
    place: Place
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the service said; `passages` maps the id of each passage it was given to its text."""

    answer: str
    abstained: bool
    citations: Sequence[Cited]
    passages: Mapping[str, str]

    def valid(self, citation: Cited) -> bool:
        """Tell whether a citation is used in the answer and quotes a passage literally."""
        text = self.passages.get(citation.chunk_id)
        used = citation.marker in self.markers
        return used and text is not None and bool(citation.quote) and citation.quote in text

    @property
    def markers(self) -> set[int]:
        """The markers that the answer shows."""
        return {int(found) for found in _MARKER.findall(self.answer)}

    @property
    def dangling(self) -> int:
        """How many markers have no citation."""
        return len(self.markers - {citation.marker for citation in self.citations})


AskQuestion = Callable[[str], Awaitable[Given]]
"""Asks the service one question."""


def load_qa(path: Path) -> list[QaRow]:
    """Load questions with answers.

    Raises:
        DatasetError: a line is malformed, or there is none.
    """
    rows = list(read_rows(path, QaRow))
    if not rows:
        raise DatasetError(f"{path} has no lines")
    return rows


async def evaluate_qa(
    rows: Sequence[QaRow],
    ask: AskQuestion,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Ask every question; returns their number, metrics (0..1) and what went wrong.

    Overlap with the reference is averaged over the answerable questions, an abstention counts
    0. `citation_page_hit` is the share of the answerable questions with a known place whose
    first citation is that place. `citation_valid` is the share of all citations (and markers)
    that stand literally in a passage the answer was given. Of abstentions, precision is the
    share that was right, recall the share of unanswerable questions. None: not measurable.
    """
    given: list[Given] = []
    for row in rows:
        given.append(await ask(row.question))
        progress(len(given))
    pairs = list(zip(rows, given, strict=True))
    answerable = [(row, item) for row, item in pairs if row.answerable]
    return {
        "questions": len(rows),
        "answerable": len(answerable),
        "metrics": {
            "token_f1": _overlap(token_f1, answerable),
            "rouge_l": _overlap(rouge_l, answerable),
            "exact_match": _overlap(exact_match, answerable),
            "citation_page_hit": _page_hit(answerable),
            "citation_valid": _valid(given),
            **_abstention(pairs),
        },
        "mistakes": [m for row, item in pairs if (m := _mistake(row, item)) is not None],
    }


def _overlap(
    measure: Callable[[str, str], float], answerable: Sequence[tuple[QaRow, Given]]
) -> float | None:
    return _mean(
        [
            0.0 if item.abstained else measure(without_markers(item.answer), row.answer or "")
            for row, item in answerable
        ]
    )


def _page_hit(answerable: Sequence[tuple[QaRow, Given]]) -> float | None:
    placed = [(row.place, item) for row, item in answerable if row.place is not None]
    return _mean([_first(item) == place for place, item in placed])


def _first(item: Given) -> Place | None:
    return item.citations[0].place if item.citations else None


def _valid(given: Sequence[Given]) -> float | None:
    verdicts = [item.valid(citation) for item in given for citation in item.citations]
    return _mean([*verdicts, *(False for item in given for _ in range(item.dangling))])


def _abstention(pairs: Sequence[tuple[QaRow, Given]]) -> dict[str, float | None]:
    unanswerable = [item.abstained for row, item in pairs if not row.answerable]
    if not unanswerable:
        return {"abstention_precision": None, "abstention_recall": None}
    right = [not row.answerable for row, item in pairs if item.abstained]
    return {"abstention_precision": _mean(right), "abstention_recall": _mean(unanswerable)}


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _mistake(row: QaRow, item: Given) -> dict[str, str] | None:
    if row.answerable and item.abstained:
        what = "abstained"
    elif not row.answerable and not item.abstained:
        what = "answered what the documents do not say"
    elif row.answerable and row.place is not None and _first(item) != row.place:
        first = _first(item)
        cited = f"{first.source} p. {first.page}" if first else "nothing"
        what = f"cited {cited} first; wanted {row.place.source} p. {row.place.page}"
    else:
        return None
    return {"question": row.question, "what": what}
