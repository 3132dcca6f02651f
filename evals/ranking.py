"""Ranks documents with the service's search graph."""

from dataclasses import dataclass, field
from typing import Final

from evals.metrics import fold
from evals.retrieval import DEPTH
from graphs.identity import config_for
from graphs.query.graph import SearchGraph
from graphs.query.state import Context, Mode
from providers.principal import Principal

TIMED_HITS: Final = 10
"""How many passages the timed search asks for: an ordinary search."""
DEEP_HITS: Final = 400
"""Passages fetched when the ordinary candidates fold to fewer than 100 documents."""


@dataclass(slots=True, kw_only=True)
class GraphRanker:
    """Asks one collection; `degraded` collects what the graph said it left out."""

    search: SearchGraph
    principal: Principal
    collection: str
    mode: Mode = Mode.HYBRID
    rerank: bool | None = None
    degraded: set[str] = field(default_factory=set)

    async def first(self, text: str) -> list[str]:
        """Search as a caller does, for a few passages; this is what is timed."""
        return await self._search(text, TIMED_HITS, self.rerank)

    async def all(self, text: str) -> list[str]:
        """Rank at least 100 documents if there are as many, by their best passage.

        The order is that of the ordinary search as far as it reaches. Only what it does not
        name is filled in from a wider one, which cannot change the order above it.
        """
        ranked = fold(await self._search(text, DEPTH, self.rerank))
        if len(ranked) >= DEPTH:
            return ranked
        return fold([*ranked, *await self._search(text, DEEP_HITS, False)])

    async def _search(self, text: str, top_k: int, rerank: bool | None) -> list[str]:
        context = Context(collection=self.collection, top_k=top_k, mode=self.mode, rerank=rerank)
        found = await self.search.ainvoke(
            {"question": text}, config_for(self.principal), context=context
        )
        self.degraded.update(found.get("degraded", []))
        return [passage.source for passage in found["passages"]]
