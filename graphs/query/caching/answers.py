"""Looks for an answer that was given before, and remembers those that are given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from data.database import Database
from data.errors import DatabaseError
from data.values import CollectionState, LiveChunk
from graphs.query.caching.entries import CachedAnswer, read, write
from graphs.query.caching.keys import Asked
from graphs.query.caching.semantic import SemanticCache
from graphs.query.caching.settings import CacheSettings
from graphs.query.state import CacheName, CheckedSentence, CitedSpan
from graphs.query.steps import Turn
from providers.cache.counting import CacheCounters, CacheEvent, CacheKind
from providers.cache.patient import PatientCache
from providers.types import ChatMessage, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An answer from a cache; `similarity` (cosine) is None where it was the same question."""

    kind: CacheName
    entry: CachedAnswer
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look into the caches found; `vector` is the question's, if it was needed."""

    asked: Asked
    hit: Hit | None = None
    vector: Vector | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that has just been given."""

    answer: str
    abstained: bool
    model: str
    sentences: Sequence[CheckedSentence]
    citations: Sequence[CitedSpan]


Leans = Callable[[str, str], bool]
"""Tells whether a question, in a language, cannot be understood without those before it."""
Admits = Callable[[Turn, str, Sequence[LiveChunk]], Awaitable[bool]]
"""Tells whether a turn may find some live chunks of a collection, given by its id."""


class AnswerCache:
    """The exact and the semantic cache, asked in this order."""

    def __init__(
        self,
        cache: PatientCache,
        database: Database,
        settings: CacheSettings,
        counters: CacheCounters,
        *,
        versions: Callable[[], str],
        semantic: SemanticCache | None = None,
        leans: Leans | None = None,
        admits: Admits | None = None,
    ) -> None:
        """Take the parts.

        Args:
            cache: Where entries are.
            database: Says what is live.
            settings: Which caches are on.
            counters: Count what happens.
            versions: Names all prompts, models and settings that answers hang on now.
            semantic: None where there is no embedder or no vector store.
            leans: Tells questions that stand alone within a conversation; without it all of
                them are taken to need what was said before.
            admits: Tells what a turn may find beyond what the database says; None admits all.
        """
        self._leans = leans
        self._admits = admits
        self._cache = cache
        self._database = database
        self._settings = settings
        self._counters = counters
        self._versions = versions
        self._semantic = semantic

    async def look(
        self, turn: Turn, question: str, language: str, earlier: Sequence[ChatMessage]
    ) -> Look | None:
        """Look for an answer; None when there is nothing that it could hang on.

        Args:
            turn: Who asks, and what they chose.
            question: As it is searched for.
            language: ISO 639-1.
            earlier: Turns without which the question may not be understood.
        """
        if earlier and self._leans is not None and not self._leans(question, language):
            earlier = ()
        state = await self._state(turn)
        if state is None:
            return None
        asked = Asked(
            principal=turn.principal,
            context=turn.context,
            state=state,
            question=question,
            language=language,
            versions=self._versions(),
            earlier=tuple(earlier),
        )
        look = Look(asked=asked, hit=await self._exact(turn, asked))
        if look.hit is not None or self._semantic is None or not self._semantic.serves(asked):
            return look
        vector = await self._semantic.embed(asked)
        if vector is None:
            return look
        found = await self._semantic.find(asked, vector, partial(self._holds, turn, asked))
        if found is None:
            return replace(look, vector=vector)
        hit = Hit(kind="semantic", entry=found.entry, similarity=found.similarity)
        return replace(look, vector=vector, hit=hit)

    async def keep(self, look: Look, given: Given) -> None:
        """Remember an answer under what was looked for.

        What was published meanwhile has another generation, so that an answer that did not
        see it is not found any more. An abstention is kept for the very same question only:
        it cites nothing that could be asked whether it still holds.
        """
        entry = CachedAnswer(
            scope=look.asked.scope,
            question=look.asked.question,
            language=look.asked.language,
            answer=given.answer,
            abstained=given.abstained,
            model=given.model,
            sentences=tuple(given.sentences),
            citations=tuple(given.citations),
        )
        exact = self._settings.exact
        if exact.enabled and await self._cache.set(
            look.asked.exact_key, write(entry), ttl_s=exact.ttl_s
        ):
            self._count(look.asked, CacheEvent.STORED)
        if self._semantic is None or look.vector is None or given.abstained:
            return
        vector = tuple(float(value) for value in look.vector)
        await self._semantic.keep(look.asked, replace(entry, vector=vector), look.vector)

    async def cited(self, look: Look, entry: CachedAnswer) -> list[LiveChunk]:
        """Return what an answer cites, as it is now."""
        return await self._database.live_chunks(look.asked.principal, entry.chunk_ids)

    async def _state(self, turn: Turn) -> CollectionState | None:
        try:
            async with self._database.begin(turn.principal, read_only=True) as tx:
                found = await tx.collections.state(turn.context.collection)
        except DatabaseError:  # the search says so, if it lasts
            return None
        return found if found is not None and found.live_index is not None else None

    async def _exact(self, turn: Turn, asked: Asked) -> Hit | None:
        if not self._settings.exact.enabled:
            return None
        key = asked.exact_key
        data = await self._cache.get(key)
        if data is None:
            self._count(asked, CacheEvent.MISS)
            return None
        entry = read(data)
        if entry is not None and await self._holds(turn, asked, entry):
            self._count(asked, CacheEvent.HIT)
            return Hit(kind="exact", entry=entry)
        await self._cache.delete(key)
        self._count(asked, CacheEvent.BROKEN if entry is None else CacheEvent.STALE)
        self._count(asked, CacheEvent.MISS)
        return None

    async def _holds(self, turn: Turn, asked: Asked, entry: CachedAnswer) -> bool:
        """Tell whether all that an answer cites may still be quoted to this turn like that.

        Live are those that the read returns that every search joins its hits with: deleted,
        unpublished, replaced, expired and forbidden documents are not among them.
        """
        if not entry.citations:
            return True
        try:
            live = await self._database.live_chunks(asked.principal, entry.chunk_ids)
        except DatabaseError:
            return False
        collection_id = asked.state.collection_id
        if not entry.holds(live, collection_id):
            return False
        return self._admits is None or await self._admits(turn, collection_id, live)

    def _count(self, asked: Asked, event: CacheEvent) -> None:
        self._counters.add(asked.tenant_id, CacheKind.EXACT, event)
