"""Builds the caches of answers and embeddings, tells how they do, and empties them."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from data.database import Database
from graphs.errors import CollectionNotFoundError
from graphs.query.caching.answers import Admits, AnswerCache, Leans
from graphs.query.caching.semantic import SemanticCache
from graphs.query.providers import QueryProviders
from providers.cache.counting import EVERYBODY, CacheCounters, CacheEvent, CacheKind
from providers.cache.patient import PatientCache
from providers.embedder.remembering import RememberingEmbedder
from providers.errors import ProviderError
from providers.principal import Principal, Role
from providers.protocols import Cache
from providers.types import Status, TextKind
from service.cache_schemas import CacheRead, CachesCleared, CachesRead
from service.errors import ForbiddenError
from service.settings import Settings

_NOT_OF_ANSWERS: Final = frozenset(
    "home models_dir environment log server auth console database jobs documents storage "
    "indexes audit schedules cache caches conversations object_store".split()
)
"""Settings that no answer hangs on; all others, also those to come, are part of every key."""
_FIELDS: Final = {
    CacheEvent.HIT: "hits",
    CacheEvent.MISS: "misses",
    CacheEvent.STORED: "stored",
    CacheEvent.STALE: "stale",
    CacheEvent.BROKEN: "broken",
    CacheEvent.FAILED: "failed",
}


def versions_of(settings: Settings) -> str:
    """Return a name for everything configured that answers hang on."""
    chosen = settings.model_dump(mode="json", exclude=set(_NOT_OF_ANSWERS))
    text = json.dumps(chosen, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """The caches of this process; without a cache provider there are none.

    `answers` goes into the query graph; `providers` are those of the graph, with an embedder
    that remembers where that is on.
    """

    settings: Settings
    database: Database
    counters: CacheCounters
    providers: QueryProviders
    cache: Cache | None = None
    answers: AnswerCache | None = None
    semantic: SemanticCache | None = None

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        cache: Cache | None,
        providers: QueryProviders,
        *,
        released: Callable[[], str] = str,
        leans: Leans | None = None,
        admits: Admits | None = None,
    ) -> "Caches":
        """Build the caches that the settings switch on.

        Args:
            settings: Of the service.
            database: Says what is live.
            cache: Where entries are kept; None switches all caches off.
            providers: Those of the query graph.
            released: Names what is not in the settings and may change while the service runs,
                such as the prompts that are active now.
            leans: Tells questions that lean on the conversation, see `AnswerCache`.
            admits: Tells what may be found beyond what the database says, see `AnswerCache`.
        """
        counters = CacheCounters()
        semantic = answers = None
        configured = versions_of(settings)
        if cache is not None:
            providers = _remembering(settings, cache, providers, counters)
            semantic = _semantic(settings, cache, providers, counters)
        if cache is not None and (settings.caches.exact.enabled or semantic is not None):
            answers = AnswerCache(
                _patient(cache, settings, counters, CacheKind.EXACT),
                database,
                settings.caches,
                counters,
                versions=lambda: f"{configured} {released()}",
                semantic=semantic,
                leans=leans,
                admits=admits,
            )
        return cls(
            settings=settings,
            database=database,
            counters=counters,
            providers=providers,
            cache=cache,
            answers=answers,
            semantic=semantic,
        )

    async def report(self, principal: Principal) -> CachesRead:
        """Tell what the caches did for the tenant since this process began.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        _require_admin(principal)
        health = await self.cache.check() if self.cache is not None else None
        is_on = self.cache is not None
        chosen = self.settings.caches
        enabled = {
            CacheKind.EXACT: is_on and chosen.exact.enabled,
            CacheKind.SEMANTIC: self.semantic is not None,
            CacheKind.EMBEDDING: is_on and chosen.embeddings.enabled,
        }
        return CachesRead(
            plugin=self.settings.cache.plugin if is_on else None,
            status=health.status if health else Status.DISABLED,
            detail=health.detail if health else "cache.enabled is false",
            caches=[await self._read(principal, kind, enabled=on) for kind, on in enabled.items()],
        )

    async def clear(self, principal: Principal, collection: str | None = None) -> CachesCleared:
        """Let no answer that was given so far be given again from a cache.

        Embeddings stay: they belong to texts, whatever becomes of documents.

        Raises:
            ForbiddenError: the principal is no administrator.
            CollectionNotFoundError: there is no such collection.
            ProviderError: the vector store cannot be reached.
        """
        _require_admin(principal)
        async with self.database.begin(principal) as tx:
            ids = await tx.collections.forget_answers(collection)
            if collection is not None and not ids:
                raise CollectionNotFoundError(f"there is no collection {collection!r}")
            await tx.audit.add("caches.cleared", collection)
        questions = 0
        if self.semantic is not None:
            for id in ids:
                questions += await self.semantic.clear(principal.tenant_id, id)
        return CachesCleared(collections=len(ids), questions=questions)

    async def _read(self, principal: Principal, kind: CacheKind, *, enabled: bool) -> CacheRead:
        tenant_id = EVERYBODY if kind is CacheKind.EMBEDDING else principal.tenant_id
        counts = self.counters.of(tenant_id, kind)
        # Nobody knows at the provider whose question it was that could not be looked up.
        counts[CacheEvent.FAILED] = self.counters.of(EVERYBODY, kind)[CacheEvent.FAILED]
        entries = await self._entries(principal) if kind is CacheKind.SEMANTIC else None
        named: dict[str, Any] = {_FIELDS[event]: count for event, count in counts.items()}
        return CacheRead(name=kind.value, enabled=enabled, entries=entries, **named)

    async def _entries(self, principal: Principal) -> int | None:
        if self.semantic is None:
            return None
        async with self.database.begin(principal, read_only=True) as tx:
            rows = await tx.collections.list()
        try:
            return sum([await self.semantic.count(principal.tenant_id, row.id) for row in rows])
        except ProviderError:
            return None


def _remembering(
    settings: Settings, cache: Cache, providers: QueryProviders, counters: CacheCounters
) -> QueryProviders:
    chosen = settings.caches.embeddings
    if providers.embedder is None or not chosen.enabled:
        return providers
    kinds = set(TextKind) if chosen.passages else {TextKind.QUERY}
    embedder = RememberingEmbedder(
        providers.embedder,
        _patient(cache, settings, counters, CacheKind.EMBEDDING),
        counters,
        ttl_s=chosen.ttl_s,
        kinds=frozenset(kinds),
    )
    return replace(providers, embedder=embedder)


def _semantic(
    settings: Settings, cache: Cache, providers: QueryProviders, counters: CacheCounters
) -> SemanticCache | None:
    if providers.embedder is None or not settings.caches.semantic.enabled:
        return None
    return SemanticCache(
        _patient(cache, settings, counters, CacheKind.SEMANTIC),
        providers.store,
        providers.embedder,
        settings.caches.semantic,
        counters,
    )


def _patient(
    cache: Cache, settings: Settings, counters: CacheCounters, kind: CacheKind
) -> PatientCache:
    return PatientCache(
        cache,
        timeout_s=settings.caches.timeout_s,
        pause_s=settings.caches.pause_s,
        failed=lambda: counters.add(EVERYBODY, kind, CacheEvent.FAILED),
    )


def _require_admin(principal: Principal) -> None:
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("the caches are for principals with the role 'admin'")
