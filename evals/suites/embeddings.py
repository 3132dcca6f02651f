"""Is an embedder fit, and are its vectors what they were?

The checkpoint asks for passages by dense vectors alone. Its decision gate: when the same question
in two languages finds less than half of the same passages, the embedder does not serve both.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from evals.errors import DatasetError
from evals.jsonl import read_rows
from evals.metrics import first_rank, hit_rate
from providers.protocols import Embedder
from providers.types import TextKind

BILINGUAL: Final = Path(__file__).parents[1] / "datasets" / "bilingual.jsonl"
"""Questions to the sample company, each in two languages."""
LEAST_OVERLAP: Final = 0.5
"""Below this the embedder does not serve both languages."""
OVERLAP_DEPTH: Final = 10
_NORM_SLACK: Final = 1e-3
_DRIFT: Final = 0.99
"""Least cosine of a text's vectors by two versions that are to be mixed."""
Vectors = NDArray[np.floating[Any]]


class Parallel(BaseModel):
    """One question in two languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    one: str = Field(min_length=1)
    other: str = Field(min_length=1)
    languages: tuple[str, str]


class Wanted(BaseModel):
    """A question and the passage that answers it; other questions' passages are the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str
    quote: str | None = None


def load_parallel(path: Path = BILINGUAL) -> list[Parallel]:
    """Load questions in two languages.

    Raises:
        DatasetError: a line is malformed, or there is none.
    """
    rows = list(read_rows(path, Parallel))
    if not rows:
        raise DatasetError(f"{path} has no lines")
    return rows


def load_wanted(path: Path) -> list[Wanted]:
    """Load the questions that name the passage which answers them.

    Raises:
        DatasetError: a line is malformed, or none names a passage.
    """
    rows = [row for row in read_rows(path, Wanted) if row.quote]
    if not rows:
        raise DatasetError(f"{path}: no line has a question with its quote")
    return rows


async def checkpoint(
    embedder: Embedder, wanted: Sequence[Wanted], parallel: Sequence[Parallel]
) -> dict[str, Any]:
    """Return hit rates, MRR, the overlap of two languages, and what follows from it."""
    passages = await embedder.embed([row.quote or "" for row in wanted], kind=TextKind.PASSAGE)
    asked = await embedder.embed([row.question for row in wanted], kind=TextKind.QUERY)
    orders = _order(asked, passages)
    ranks = [first_rank(list(order), frozenset({at})) for at, order in enumerate(orders)]
    ones = await embedder.embed([row.one for row in parallel], kind=TextKind.QUERY)
    others = await embedder.embed([row.other for row in parallel], kind=TextKind.QUERY)
    overlap = _overlap(_order(ones, passages), _order(others, passages))
    fit = overlap >= LEAST_OVERLAP
    return {
        "embedder": embedder.fingerprint,
        "questions": len(wanted),
        "hit_rate@1": round(hit_rate(ranks, 1), 4),
        "hit_rate@5": round(hit_rate(ranks, 5), 4),
        "mrr": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4),
        "bilingual_pairs": len(parallel),
        f"bilingual_overlap@{OVERLAP_DEPTH}": round(overlap, 4),
        "decision": "keep" if fit else "swap: take a multilingual embedder, or weigh words more",
        "passed": fit,
        **consistency(np.vstack([passages, asked])),
    }


def consistency(vectors: Vectors) -> dict[str, Any]:
    """Return whether vectors are finite and of length 1, and how they are distributed.

    `spread` is the mean cosine of two different texts: near 1 all texts look alike.

    Raises:
        DatasetError: there are fewer than two vectors.
    """
    least = 2
    if len(vectors) < least:
        raise DatasetError("consistency needs the vectors of at least two texts")
    finite = np.isfinite(vectors).all(axis=1)
    norms = np.linalg.norm(vectors[finite], axis=1)
    total = vectors[finite].sum(axis=0)
    pairs = len(norms) * (len(norms) - 1)
    spread = float((total @ total - (norms**2).sum()) / pairs) if pairs else 0.0
    return {
        "not_finite": int((~finite).sum()),
        "not_normal": int((np.abs(norms - 1) > _NORM_SLACK).sum()),
        "mean": round(float(vectors[finite].mean()), 5) if len(norms) else 0.0,
        "deviation": round(float(vectors[finite].std()), 5) if len(norms) else 0.0,
        "spread": round(spread, 4),
    }


def drift(before: Vectors, after: Vectors) -> dict[str, Any]:
    """Compare the vectors of the same texts by two versions of an embedder.

    Raises:
        DatasetError: they differ in number or length, so that there is nothing to compare.
    """
    if before.shape != after.shape or not len(before):
        raise DatasetError(
            f"vectors of shape {before.shape} and {after.shape} are not of the same texts"
        )
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    cosines = (before * after).sum(axis=1) / np.maximum(lengths, 1e-12)
    return {
        "texts": len(before),
        "mean_cosine": round(float(cosines.mean()), 5),
        "least_cosine": round(float(cosines.min()), 5),
        "may_mix": bool(cosines.min() >= _DRIFT),
    }


def _order(asked: Vectors, passages: Vectors) -> NDArray[np.int64]:
    return np.argsort(-(asked @ passages.T), axis=1, kind="stable")


def _overlap(ones: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    depth = min(OVERLAP_DEPTH, ones.shape[1])
    shared = [
        len(set(one[:depth]) & set(other[:depth])) / depth
        for one, other in zip(ones.tolist(), others.tolist(), strict=True)
    ]
    return float(sum(shared) / len(shared))
