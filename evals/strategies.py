"""Strategies of retrieval side by side, on questions with recorded replies of a model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from evals.citations import Place
from evals.errors import DatasetError
from evals.jsonl import read_rows
from evals.metrics import first_rank, hit_rate
from graphs.query.settings import Strategy

RECORDED = Path(__file__).parent / "datasets" / "strategies.jsonl"
"""Vague and indirect questions to the sample company, with replies written for this project."""
COMPARED = (
    Strategy.VANILLA,
    Strategy.REWRITE,
    Strategy.HYDE,
    Strategy.FUSION,
    Strategy.AUTO,
)
_DEPTHS = (1, 3, 8)


class RecordedRow(BaseModel):
    """A question, where its answer stands, and what a model would write to find it."""

    question: str = Field(min_length=1)
    document: str
    page: int = Field(ge=1)
    rewrite: str = Field(min_length=1)
    hyde: str = Field(min_length=1)
    decompose: list[str] = Field(min_length=1)

    @property
    def place(self) -> Place:
        """Where the answer stands."""
        return Place(self.document, self.page)


Find = Callable[[str, Strategy], Awaitable[Sequence[Place]]]
"""Finds where the best passages of a question start, with a strategy, best first."""


def load_recorded(path: Path) -> list[RecordedRow]:
    """Load questions with recorded replies.

    Raises:
        DatasetError: a line is malformed, or there is none.
    """
    rows = list(read_rows(path, RecordedRow))
    if not rows:
        raise DatasetError(f"{path} has no lines")
    return rows


def replies_of(rows: Sequence[RecordedRow]) -> Mapping[tuple[str, str], str]:
    """Return what a model says, by prompt and question."""
    return {
        (name, row.question): text
        for row in rows
        for name, text in (
            ("rewrite", row.rewrite),
            ("hyde", row.hyde),
            ("decompose", "\n".join(row.decompose)),
        )
    }


async def compare_strategies(
    rows: Sequence[RecordedRow],
    find: Find,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Ask every question with each strategy; returns MRR and page_hit@k by strategy."""
    report: dict[str, Any] = {}
    for done, strategy in enumerate(COMPARED, 1):
        ranks = [
            first_rank(await find(row.question, strategy), frozenset({row.place})) for row in rows
        ]
        report[strategy.value] = {
            "mrr": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4),
            **{f"page_hit@{k}": round(hit_rate(ranks, k), 4) for k in _DEPTHS},
        }
        progress(done * len(rows))
    return {"questions": len(rows), "strategies": report}
