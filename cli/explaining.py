"""Draws how passages were found, and why they were kept or dropped."""

from collections.abc import Sequence

from rich.console import Console

from cli.tables import table
from cli.wording import printable
from service.schemas import Explanation

_MOST_WORDS = 6


def draw_explanation(out: Console, explanation: Sequence[Explanation]) -> None:
    """Print one row for each passage or candidate; ranks of a branch stand behind its score."""
    rows = table("", "source", "page", "score", "meaning", "words", "rerank", "matched", "outcome")
    for item in explanation:
        rows.add_row(
            "" if item.rank is None else item.rank,
            printable(item.source),
            "" if item.page is None else item.page,
            f"{item.score:.3f}",
            _branch(item.dense_score, item.dense_rank),
            _branch(item.sparse_score, item.sparse_rank),
            "" if item.rerank_score is None else f"{item.rerank_score:.3f}",
            printable(" ".join(item.matched[:_MOST_WORDS])),
            printable(": ".join(part for part in (item.outcome.value, item.why) if part)),
        )
    out.print()
    out.print(rows.grid)


def _branch(score: float | None, rank: int | None) -> str:
    return "" if score is None else f"{score:.3f} ({rank})"
