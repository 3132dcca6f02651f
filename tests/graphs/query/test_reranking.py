from collections.abc import Callable, Sequence
from typing import Any

import pytest

from graphs.query.reranking import is_unsure, rerank, should_rerank
from graphs.query.settings import RerankSettings, RerankWhen
from graphs.query.state import Fused, Passage, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.types import Health, Status

SETTINGS = RerankSettings(depth=3, margin=0.25, weight=1.0)


class LastIsBest:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seen: list[str] = []

    async def rerank(
        self, question: str, passages: Sequence[str], *, keys: Sequence[str]
    ) -> list[float]:
        if self.error is not None:
            raise self.error
        self.seen = list(keys)
        return [float(index) for index in range(len(passages))]

    async def check(self) -> Health:
        return Health(status=Status.READY)

    async def aclose(self) -> None: ...


def fused(*scores: float, agree: bool = False) -> list[Fused]:
    rank = 1 if agree else None
    return [
        Fused(id=str(i), score=score, dense_rank=1 if i == 0 else i + 1, sparse_rank=rank)
        for i, score in enumerate(scores)
    ]


def state(passages: list[Passage]) -> QueryState:
    return {
        "question": "Which?",
        "language": "en",
        "passages": passages,
        "doubtful": True,
    }


@pytest.mark.parametrize(
    ("candidates", "unsure"),
    [
        (fused(0.9, 0.89, 0.1, agree=True), False),
        (fused(0.9, 0.5, 0.1), False),
        (fused(0.9, 0.89, 0.1), True),
        (fused(0.5, 0.5, 0.5), True),
    ],
)
def test_doubt_is_a_small_lead_that_only_one_branch_sees(
    candidates: list[Fused], unsure: bool
) -> None:
    assert is_unsure(candidates, SETTINGS) is unsure


@pytest.mark.parametrize(
    ("when", "asked", "expected"),
    [
        (RerankWhen.ALWAYS, None, True),
        (RerankWhen.ALWAYS, False, False),
        (RerankWhen.NEVER, None, False),
        (RerankWhen.NEVER, True, True),
        (RerankWhen.UNSURE, None, False),
        (RerankWhen.UNSURE, True, True),
    ],
)
def test_the_caller_overrides_the_settings(
    when: RerankWhen, asked: bool | None, expected: bool
) -> None:
    sure = fused(0.9, 0.1, agree=True)
    settings = RerankSettings(when=when)
    assert should_rerank(sure, asked, settings) is expected


def test_one_passage_needs_no_order() -> None:
    assert not should_rerank(fused(0.9), True, RerankSettings(when=RerankWhen.ALWAYS))


async def test_the_head_is_reordered_and_the_tail_stays(
    turn: Turn, events: list[dict[str, Any]], passage: Callable[..., Passage]
) -> None:
    passages = [passage(f"text {n}", rank=n, score=1.0 / n) for n in range(1, 6)]
    reranker = LastIsBest()
    found = await rerank(state(passages), turn, reranker=reranker, settings=SETTINGS)
    ids = [p.chunk_id for p in found["passages"]]
    assert ids == ["chunk-3", "chunk-2", "chunk-1", "chunk-4", "chunk-5"]
    assert [p.rank for p in found["passages"]] == [1, 2, 3, 4, 5]
    scores = [p.score for p in found["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert reranker.seen == ["chunk-1", "chunk-2", "chunk-3"]
    assert events[-1]["reranked"] is True


async def test_a_failing_reranker_is_skipped_and_said(
    turn: Turn, passage: Callable[..., Passage]
) -> None:
    passages = [passage("a", rank=1), passage("b", rank=2)]
    broken = LastIsBest(ProviderError("no memory"))
    found = await rerank(state(passages), turn, reranker=broken, settings=SETTINGS)
    assert [p.chunk_id for p in found["passages"]] == ["chunk-1", "chunk-2"]
    assert found["reranked"] is False
    assert found["degraded"] == ["reranking was left out: no memory"]


@pytest.mark.parametrize("asked", [None, True])
async def test_without_doubt_the_reranker_is_asked_only_on_demand(
    bench: Any, asked: bool | None
) -> None:
    broken = LastIsBest(ProviderError("it is away"))
    question = "How many litres does the KX-200 kettle hold?"
    found = await bench.using(reranker=broken).search(question, rerank=asked)
    assert "1.7 litres" in found["passages"][0].text
    assert found["reranked"] is False
    assert found["degraded"] == (["reranking was left out: it is away"] if asked else [])
    assert ("rerank" in found["timings_ms"]) is bool(asked)
