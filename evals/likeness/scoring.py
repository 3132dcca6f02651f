"""Scores pairs of questions: which would share an answer, by vectors alone and by rules too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evals.jsonl import read_rows
from graphs.query.caching.likeness import difference
from providers.protocols import Embedder
from providers.types import TextKind

PAIRS = Path(__file__).with_name("pairs.jsonl")


class Pair(BaseModel):
    """Two questions, and whether one answer serves both; rules are tuned on `dev` only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: str
    split: Literal["dev", "test"]
    kind: str
    same: bool
    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A pair, the cosine (-1..1) of its vectors, and what the rules say against it."""

    pair: Pair
    cosine: float
    reason: str | None

    def hits(self, threshold: float, *, rules: bool = True) -> bool:
        """Tell whether the answer to one question would be given to the other."""
        return self.cosine >= threshold and (not rules or self.reason is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a threshold does: `right` of `same` pairs hit, and `wrong` of `others` do."""

    threshold: float
    right: int
    same: int
    wrong: int
    others: int


def read_pairs(path: Path = PAIRS) -> list[Pair]:
    """Read the labelled pairs."""
    return list(read_rows(path, Pair))


async def judge(pairs: Sequence[Pair], embedder: Embedder) -> list[Judged]:
    """Embed both questions of each pair, and ask the rules."""
    ones = await embedder.embed([pair.one for pair in pairs], kind=TextKind.QUERY)
    others = await embedder.embed([pair.other for pair in pairs], kind=TextKind.QUERY)
    return [
        Judged(
            pair=pair,
            cosine=float(one @ other),
            reason=difference(pair.one, pair.other, pair.language),
        )
        for pair, one, other in zip(pairs, ones, others, strict=True)
    ]


def rates(judged: Sequence[Judged], threshold: float, *, rules: bool = True) -> Rates:
    """Count what would be answered from the cache at a threshold."""
    hit = [each.pair.same for each in judged if each.hits(threshold, rules=rules)]
    same = sum(each.pair.same for each in judged)
    return Rates(
        threshold=threshold,
        right=sum(hit),
        same=same,
        wrong=len(hit) - sum(hit),
        others=len(judged) - same,
    )
