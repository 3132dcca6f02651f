"""Compares the vectors of a collection with its chunks."""

from collections.abc import Collection as Many
from collections.abc import Iterable

import structlog

from data.database import Database
from data.models import Collection
from data.repositories.chunk_sets import ChunkSet
from graphs.encoders import made_by
from graphs.ingest.remaking import Remaker
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders
from graphs.ingest.targets import Target, encoders_of
from providers.errors import ProviderError
from providers.principal import Principal
from service.upkeep.shapes import IndexCheck

log = structlog.get_logger("cicerone.reconcile")

_EXAMPLES = 5
_BATCH = 500
"""Vectors whose documents are asked for at once."""


class IndexReconciler:
    """Checks the indexes of collections on behalf of one principal."""

    def __init__(
        self,
        database: Database,
        providers: IngestProviders,
        settings: IngestSettings,
        principal: Principal,
    ) -> None:
        self._database = database
        self._providers = providers
        self._store = providers.vector_store
        self._remaker = Remaker(providers, settings, principal)
        self._principal = principal

    async def run(self, collection: Collection, *, repair: bool) -> list[IndexCheck]:
        """Check every index of a collection; without `repair` nothing is changed."""
        async with self._database.begin(self._principal, read_only=True) as tx:
            rows = await tx.indexes.of_collection(collection.id)
        names = {row.name for row in rows}
        if collection.live_index is not None:
            names.add(collection.live_index)
        return [await self._check(collection, name, repair=repair) for name in sorted(names)]

    async def _check(self, collection: Collection, index: str, *, repair: bool) -> IndexCheck:
        # Vectors first: what is written between the two looks then has its rows by the second.
        there = set(await self._store.ids(index, self._principal.tenant_id))
        async with self._database.begin(self._principal, read_only=True) as tx:
            sets = [each for each in await tx.chunk_sets.all(collection.id) if each.read]
            in_use = await tx.chunk_sets.in_use(collection.id)
        live = index == collection.live_index
        orphans = await self._idle(index, there - in_use)
        missing = _missing(sets, there) if live else []
        removed = made_again = 0
        if repair:
            removed = await self._remove(index, orphans)
            made_again = await self._make_again(collection, index) if live else 0
        return IndexCheck(
            collection=collection.name,
            index=index,
            live=live,
            vectors=len(there),
            chunks=sum(len(each.ids) for each in sets),
            orphans=len(orphans),
            missing=sum(len(ids) for _, ids in missing),
            in_work=len(there - in_use) - len(orphans),
            removed=removed,
            made_again=made_again,
            examples=_examples(orphans, missing),
        )

    async def _idle(self, index: str, ids: Many[str]) -> list[str]:
        """Return those vectors whose documents nobody is working on."""
        wanted, idle = sorted(ids), list[str]()
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            owners = await self._store.owners(index, self._principal.tenant_id, batch)
            async with self._database.begin(self._principal, read_only=True) as tx:
                busy = await tx.chunk_sets.in_work(sorted(set(owners.values())))
            idle.extend(id for id, owner in owners.items() if owner not in busy)
        return idle

    async def _remove(self, index: str, ids: list[str]) -> int:
        await self._store.delete(index, self._principal.tenant_id, ids)
        return len(ids)

    async def _make_again(self, collection: Collection, index: str) -> int:
        """Write the vectors that are missing now, after others were removed."""
        there = set(await self._store.ids(index, self._principal.tenant_id))
        async with self._database.begin(self._principal, read_only=True) as tx:
            sets = [each for each in await tx.chunk_sets.all(collection.id) if each.read]
            row = await tx.indexes.get(collection.id, index)
        missing = _missing(sets, there)
        if not missing:
            return 0
        name = made_by(collection.embedder, collection.sparse_encoder)
        try:
            encoders = await encoders_of(name, row.recipe if row else None, self._providers)
        except ProviderError as error:
            log.warning("vectors_not_made", index=index, error=str(error))
            return 0
        target = Target(index=index, encoders=encoders, live=True)
        return sum([await self._fill(target, each, ids) for each, ids in missing])

    async def _fill(self, target: Target, found: ChunkSet, ids: list[str]) -> int:
        async with self._database.begin(self._principal, read_only=True) as tx:
            document = await tx.documents.get(found.document_id)
            version = await tx.documents.version(found.version_id)
            rows = await tx.chunks.of_version(found.version_id)
        if document is None or version is None:  # deleted since
            return 0
        wanted = [row for row in rows if row.id in set(ids)]
        prepared = await self._remaker.as_stored(document.source, version, wanted)
        return await self._remaker.filler(version).fill_one(target, prepared)


def _missing(sets: Iterable[ChunkSet], there: set[str]) -> list[tuple[ChunkSet, list[str]]]:
    found = ((each, [id for id in each.ids if id not in there]) for each in sets)
    return [(each, ids) for each, ids in found if ids]


def _examples(orphans: list[str], missing: list[tuple[ChunkSet, list[str]]]) -> list[str]:
    without = [f"chunk {id} of document {each.document_id}" for each, ids in missing for id in ids]
    return [f"vector {id}" for id in orphans[:_EXAMPLES]] + without[:_EXAMPLES]
