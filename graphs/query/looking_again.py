"""A further look, when the question is vague or the first one left doubt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data.database import Database
from graphs.errors import BudgetExceededError
from graphs.query.as_passage import AsPassage
from graphs.query.errors import SearchUnavailableError
from graphs.query.live_index import LiveIndexes
from graphs.query.planning import choose, plan
from graphs.query.providers import QueryProviders
from graphs.query.reranking import settle, should_rerank
from graphs.query.retrieval import retrieve
from graphs.query.settings import QuerySettings, Strategy
from graphs.query.state import Mode, Passage, QueryState
from graphs.query.steps import Turn
from prompts.catalogue import Catalogue
from providers.errors import ProviderError

_NO_REASON = (ProviderError, BudgetExceededError, SearchUnavailableError)
"""What a further look may fail with; the first one has found something all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """Looks again with the queries that a strategy makes, and fuses what each of them finds."""

    providers: QueryProviders
    database: Database
    indexes: LiveIndexes
    settings: QuerySettings
    prompts: Catalogue | None = None

    async def judge(self, state: QueryState, turn: Turn) -> QueryState:
        """Retrieve, then choose whether and how to look again."""
        found = await retrieve(
            state,
            turn,
            providers=self.providers,
            database=self.database,
            indexes=self.indexes,
            settings=self.settings,
        )
        seen: QueryState = {**state, **found}
        choice = choose(seen, turn, self.providers.models, self.settings.strategy)
        return {
            **found,
            "strategy": choice.strategy,
            "strategy_reason": choice.reason,
            "degraded": [*found["degraded"], *choice.degraded],
        }

    async def look(self, state: QueryState, turn: Turn) -> QueryState:
        """Look again; what the first look found stays when that fails."""
        strategy = state["strategy"]
        try:
            async with asyncio.timeout(self.settings.strategy.timeout_s):
                return await self._look(strategy, state, turn)
        except _NO_REASON as error:
            why = str(error)
        except TimeoutError:
            why = f"no reply within {self.settings.strategy.timeout_s:g} s"
        left_out: QueryState = {
            "strategy": Strategy.VANILLA,
            "doubtful": state["doubtful"],
            "degraded": [f"{strategy} was left out: {why}"],
        }
        return left_out

    async def _look(self, strategy: Strategy, state: QueryState, turn: Turn) -> QueryState:
        made = await plan(
            strategy,
            state,
            turn,
            self.providers.models,
            self.settings.strategy,
            prompts=self.prompts,
        )
        turn.emit(
            {
                "type": "question.widened",
                "strategy": str(strategy),
                "reason": state["strategy_reason"],
                "queries": list(made.queries),
            }
        )
        quiet = _quietly(turn, self.settings.strategy.depth)
        imagined = strategy is Strategy.HYDE
        looks = [self._one(state, quiet, state["question"], imagined=False)]
        looks += [self._one(state, quiet, query, imagined=imagined) for query in made.queries]
        found = await asyncio.gather(*looks)
        passages = fuse_by_rank([each["passages"] for each in found], self.settings.fusion.rrf_k)
        known = set(state.get("degraded", []))
        said = [*made.degraded, *(part for each in found for part in each["degraded"])]
        update: QueryState = {
            "degraded": [part for part in dict.fromkeys(said) if part not in known],
            "queries": list(made.queries),
            "aside": [made.usage],
            "doubtful": self._doubtful(passages, turn),
        }
        if update["doubtful"]:
            return {**update, "passages": passages}
        return {**update, **settle(passages, state, turn, reranked=False)}

    async def _one(
        self, state: QueryState, turn: Turn, query: str, *, imagined: bool
    ) -> QueryState:
        """Search for one query; an imagined passage is compared as a passage, in meaning only."""
        providers = self.providers
        if imagined and providers.embedder is not None:
            providers = replace(providers, embedder=AsPassage(providers.embedder))
            turn = replace(turn, context=replace(turn.context, mode=Mode.DENSE))
        return await retrieve(
            {**state, "question": query},
            turn,
            providers=providers,
            database=self.database,
            indexes=self.indexes,
            settings=self.settings,
        )

    def _doubtful(self, passages: Sequence[Passage], turn: Turn) -> bool:
        fused = [passage.fused._replace(score=passage.score) for passage in passages]
        return should_rerank(fused, turn.context.rerank, self.settings.rerank)


def looks_again(found: QueryState) -> bool:
    """Tell whether a further look was chosen."""
    return found["strategy"] is not Strategy.VANILLA


def fuse_by_rank(rankings: Sequence[Sequence[Passage]], k: int) -> list[Passage]:
    """Fuse rankings of passages by reciprocal rank (Cormack et al., SIGIR 2009).

    Scores are scaled so that a passage that is first everywhere has 1; ties go to the one
    that an earlier ranking named first.
    """
    scores: dict[str, float] = {}
    first: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            first.setdefault(passage.chunk_id, passage)
            share = (k + 1) / (k + rank) / len(rankings)
            scores[passage.chunk_id] = scores.get(passage.chunk_id, 0.0) + share
    order = sorted(first, key=lambda id: -scores[id])
    return [replace(first[id], rank=rank, score=scores[id]) for rank, id in enumerate(order, 1)]


def _quietly(turn: Turn, depth: int) -> Turn:
    """Return a turn that tells nobody, for a part of a look."""
    context = replace(turn.context, top_k=max(turn.context.top_k, depth), rerank=False)
    return replace(turn, context=context, emit=_ignore)


def _ignore(event: Mapping[str, object]) -> None:
    """Take an event that nobody is to see."""
