"""Tells a question that is off the topics its collection declares."""

from cachetools import LRUCache

from graphs.query.guarding.settings import Family, OffTopicSettings
from graphs.query.state import QueryState
from providers.errors import ProviderError
from providers.protocols import Embedder
from providers.types import Finding, Matrix, TextKind, Vector

_REMEMBERED = 1024


class Topics:
    """Compares questions with topics; remembers the vectors of topics."""

    def __init__(self, embedder: Embedder | None, settings: OffTopicSettings) -> None:
        self._embedder = embedder
        self._settings = settings
        self._vectors: LRUCache[tuple[str, ...], Matrix] = LRUCache(_REMEMBERED)

    async def away(self, state: QueryState) -> tuple[Finding | None, list[str]]:
        """Return the finding that a question is off topic, and what kept it from being told."""
        topics = state["own_rules"].topics
        if not topics or self._embedder is None:
            return None, []
        try:
            likeness = await self._likeness(state, topics, self._embedder)
        except ProviderError as error:
            return None, [f"the guard 'off_topic' was left out: {error}"]
        if likeness >= self._settings.min_topic or _strong(state, self._settings.min_passage):
            return None, []
        finding = Finding(
            rule=Family.OFF_TOPIC.value,
            score=1.0 - max(likeness, 0.0),
            start=0,
            end=len(state["question"]),
            message="is far from the topics of the collection",
        )
        return finding, []

    async def _likeness(
        self, state: QueryState, topics: tuple[str, ...], embedder: Embedder
    ) -> float:
        vector: Vector | None = state.get("question_vector")
        if vector is None:
            (vector,) = await embedder.embed([state["question"]], kind=TextKind.QUERY)
        known = self._vectors.get(topics)
        if known is None:
            known = self._vectors[topics] = await embedder.embed(topics, kind=TextKind.QUERY)
        return float((known @ vector).max())


def _strong(state: QueryState, least: float) -> bool:
    """Tell whether some passage is alike in meaning; without dense scores there is no telling."""
    scores = [passage.fused.dense_score for passage in state["passages"]]
    known = [score for score in scores if score is not None]
    return bool(known) and max(known) >= least
