"""Third node: looks at the passages again; it runs when the first look left doubt."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from graphs.query.fusion import unit_range
from graphs.query.pages import best_page
from graphs.query.settings import RerankSettings, RerankWhen
from graphs.query.state import Fused, Passage, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.protocols import Reranker


async def rerank(
    state: QueryState, turn: Turn, *, reranker: Reranker | None, settings: RerankSettings
) -> QueryState:
    """Reorder the first passages, whose order is in doubt."""
    passages, reranked = state["passages"], False
    degraded: list[str] = []
    # One that is switched off is missed only by who asks for it.
    possible = reranker is not None or turn.context.rerank
    if passages and possible:
        try:
            async with asyncio.timeout(settings.timeout_s):
                passages = await _reorder(state["question"], passages, reranker, settings)
            reranked = True
        except ProviderError as error:
            degraded.append(f"reranking was left out: {error}")
        except TimeoutError:
            degraded.append(f"reranking was left out: no reply within {settings.timeout_s:g} s")
    return {**settle(passages, state, turn, reranked=reranked), "degraded": degraded}


def settle(
    passages: Sequence[Passage], state: QueryState, turn: Turn, *, reranked: bool
) -> QueryState:
    """Keep `top_k` passages, find their pages, and say what was found."""
    question, language = state["question"], state["language"]
    kept = [
        Passage(
            rank=rank,
            score=passage.score,
            chunk=passage.chunk,
            page=best_page(passage.chunk, question, language),
            fused=passage.fused,
            rerank_score=passage.rerank_score,
        )
        for rank, passage in enumerate(passages[: turn.context.top_k], 1)
    ]
    hits = [passage.as_hit() for passage in kept]
    turn.emit({"type": "passages.retrieved", "hits": hits, "reranked": reranked})
    return {"passages": kept, "reranked": reranked}


def should_rerank(fused: Sequence[Fused], asked: bool | None, settings: RerankSettings) -> bool:
    """Tell whether to rerank: as the caller asks, else as the settings say."""
    if len(fused) < 2 or asked is False:  # noqa: PLR2004 - one passage has no order
        return False
    if asked is None and settings.when is not RerankWhen.ALWAYS:
        return settings.when is RerankWhen.UNSURE and is_unsure(fused, settings)
    return True


def is_unsure(fused: Sequence[Fused], settings: RerankSettings) -> bool:
    """Tell whether the order of the first candidates is in doubt.

    It is not when both branches name the same best passage, or when the best fused score
    leads the second by `margin` of the spread of the first `depth` candidates.
    """
    if fused[0].dense_rank == 1 and fused[0].sparse_rank == 1:
        return False
    scores = [candidate.score for candidate in fused[: settings.depth]]
    spread = scores[0] - scores[-1]
    return spread <= 0.0 or (scores[0] - scores[1]) / spread < settings.margin


async def _reorder(
    question: str,
    passages: Sequence[Passage],
    reranker: Reranker | None,
    settings: RerankSettings,
) -> list[Passage]:
    if reranker is None:
        raise ProviderError("the reranker is not available")
    head = passages[: settings.depth]
    scores = await reranker.rerank(
        question, [p.text for p in head], keys=[p.chunk_id for p in head]
    )
    mixed = zip(unit_range([p.score for p in head]), unit_range(scores), strict=True)
    weight = settings.weight
    scored = [
        replace(passage, score=(1.0 - weight) * fused + weight * fresh, rerank_score=score)
        for passage, score, (fused, fresh) in zip(head, scores, mixed, strict=True)
    ]
    # Passages below the depth keep their order and scores below those that were looked at.
    floor = min(passage.score for passage in scored)
    tail = [replace(p, score=min(p.score, floor)) for p in passages[settings.depth :]]
    return [*sorted(scored, key=lambda p: (-p.score, p.rank)), *tail]
