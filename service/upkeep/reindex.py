"""Builds an index beside the live one, checks it, and lets search use it from one moment on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from data.database import Database, Transaction
from data.models import Collection, IndexState, IndexVersion
from data.repositories.chunk_sets import ChunkSet, Label
from data.values import NewIndex
from graphs.encoders import made_by
from graphs.errors import CollectionNotFoundError
from graphs.ingest.chunking import chunker_version
from graphs.ingest.naming import index_name
from graphs.ingest.publishing import sections_to_store
from graphs.ingest.remaking import Remaker, marked
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders
from graphs.ingest.targets import Target, encoders_of, new_index
from providers.errors import ProviderError
from providers.principal import Principal
from service.errors import CapabilityDisabledError, IndexCheckError, NothingToRollBackError
from service.reporting import Reporter
from service.upkeep.index_trial import IndexTrial

log = structlog.get_logger("cicerone.reindex")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goal:
    """The index to build; `label` names the chunks it has of its own, None takes what is read.

    `back` is set when an earlier index comes back, with the chunks that it had: those of
    `before` if they were all of one kind.
    """

    collection: Collection
    new: NewIndex
    target: Target
    label: Label | None = None
    back: bool = False
    before: Label | None = None

    def chosen(self, sets: Sequence[ChunkSet]) -> dict[str, ChunkSet | None]:
        """Return the chunks that each version has in this index; None are still to be cut."""
        versions: dict[str, ChunkSet | None] = {each.version_id: None for each in sets}
        for each in sorted(sets, key=self._preference, reverse=True):
            if versions[each.version_id] is None and self.label in (None, each.label):
                versions[each.version_id] = each
        return versions

    def _preference(self, found: ChunkSet) -> tuple[bool, bool]:
        return found.label == self.before, found.read != self.back


class ReindexHandler:
    """The job that builds an index; it begins where an interrupted one stopped."""

    def __init__(
        self,
        database: Database,
        providers: IngestProviders | None,
        settings: IngestSettings,
        trial: IndexTrial,
    ) -> None:
        self._database = database
        self._providers = providers
        self._settings = settings
        self._trial = trial

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Build the index that the settings ask for, or bring the last one back.

        Raises:
            NothingToRollBackError: no earlier index is kept.
            IndexCheckError: the new index is not good enough; search goes on as before.
        """
        if self._providers is None:
            raise CapabilityDisabledError("nothing can be indexed: parser.enabled is false")
        build = _Build(self._database, self._providers, self._settings, principal, reporter)
        goal = await build.goal(payload["collection"], back=payload.get("rollback", False))
        if goal is None:
            return {"changed": False, "message": "The live index is what the settings ask for."}
        row = await build.begin(goal)
        checks: dict[str, Any] = {}
        while True:
            verified = await build.catch_up(goal)
            if not checks:
                checks = await self._trial.run(
                    principal, goal.collection, goal.target, payload.get("golden") or []
                )
            if checks["failed"]:
                await build.give_up(row, checks)
                raise IndexCheckError("; ".join(checks["failed"]))
            if await build.switch(goal, row, verified, checks):
                return {"changed": True, "index": goal.new.name, "checks": checks}


class _Build:
    """One building of one index on behalf of one principal."""

    def __init__(
        self,
        database: Database,
        providers: IngestProviders,
        settings: IngestSettings,
        principal: Principal,
        reporter: Reporter,
    ) -> None:
        self._database = database
        self._providers = providers
        self._store = providers.vector_store
        self._remaker = Remaker(providers, settings, principal)
        self._label = (providers.parser.version, chunker_version(settings.chunk))
        self._principal = principal
        self._reporter = reporter

    async def goal(self, collection: str, *, back: bool) -> _Goal | None:
        """Return what is to be built; None when it is live already."""
        async with self._database.begin(self._principal, read_only=True) as tx:
            row = await tx.collections.get(collection)
            if row is None:
                raise CollectionNotFoundError(f"there is no collection {collection!r}")
            sets = await tx.chunk_sets.all(row.id)
            last = await tx.indexes.last_retired(row.id)
            ours = await self._begun(tx, row) if back else None
        if back:
            last = ours or last
            if last is None:
                raise NothingToRollBackError(
                    f"no earlier index of {collection!r} is kept; `cicerone indexes list` shows all"
                )
            return await self._back(row, last)
        return self._forward(row, sets)

    async def _begun(self, tx: Transaction, row: Collection) -> IndexVersion | None:
        """Return the index that this very job was bringing back when it was interrupted."""
        rows = await tx.indexes.of_collection(row.id)
        return next((each for each in rows if each.job_id == self._reporter.job_id), None)

    async def _back(self, row: Collection, last: IndexVersion) -> _Goal | None:
        if last.name == row.live_index:
            return None
        name = made_by(last.embedder, last.sparse_encoder)
        encoders = await encoders_of(name, last.recipe, self._providers)
        target = Target(index=last.name, encoders=encoders, live=False)
        new = replace(new_index(last.name, encoders), parser=last.parser, chunker=last.chunker)
        before = (last.parser, last.chunker) if last.parser and last.chunker else None
        return _Goal(collection=row, new=new, target=target, back=True, before=before)

    def _forward(self, row: Collection, sets: Sequence[ChunkSet]) -> _Goal | None:
        configured = self._providers.configured
        cut = any(each.read and each.label != self._label for each in sets)
        live = made_by(row.embedder, row.sparse_encoder) if row.live_index else None
        if live == configured.made_by and not cut:
            return None
        name = index_name(row.id, configured.made_by, "|".join(self._label) if cut else "")
        if name == row.live_index:  # built so once before, and mixed with others since
            name = index_name(row.id, configured.made_by, f"{'|'.join(self._label)}|again")
        new = new_index(name, configured)
        if cut:
            new = replace(new, parser=self._label[0], chunker=self._label[1])
        target = Target(index=name, encoders=configured, live=False)
        label = self._label if cut else None
        return _Goal(collection=row, new=new, target=target, label=label)

    async def begin(self, goal: _Goal) -> IndexVersion:
        """Write down that the index is being built: from now on ingestion fills it too."""
        async with self._database.begin(self._principal) as tx:
            await tx.collections.lock(goal.collection.id)
            row = await tx.indexes.rebuild(goal.collection.id, goal.new, job=self._reporter.job_id)
        await self._store.ensure(goal.new.name, goal.target.encoders.spec)
        return row

    async def catch_up(self, goal: _Goal) -> set[str]:
        """Fill the index until it lacks nothing; return the versions that it holds."""
        while True:
            there = set(await self._store.ids(goal.new.name, self._principal.tenant_id))
            async with self._database.begin(self._principal, read_only=True) as tx:
                sets = await tx.chunk_sets.all(goal.collection.id)
                published = await tx.chunk_sets.published(goal.collection.id)
            chosen = goal.chosen(sets)
            todo = [
                (version, found)
                for version, found in chosen.items()
                if found is None or not there.issuperset(found.ids)
            ]
            if not todo:
                return set(published)
            for done, (version, found) in enumerate(todo, start=1):
                await self._build(goal, version, found)
                event = {"version": version, "left": len(todo) - done}
                await self._reporter.event(
                    "index.filled", event, done=len(chosen) - len(todo) + done
                )

    async def _build(self, goal: _Goal, version_id: str, found: ChunkSet | None) -> None:
        async with self._database.begin(self._principal, read_only=True) as tx:
            version = await tx.documents.version(version_id)
            document = await tx.documents.get(version.document_id) if version else None
            rows = await tx.chunk_sets.rows(version_id, found.label) if found else []
        if version is None or document is None:  # deleted since
            return
        outline = None
        if found is None:
            parsed, prepared = await self._remaker.cut(document.source, version)
            outline = sections_to_store(parsed) if version.parser != self._label[0] else None
        else:
            prepared = await self._remaker.as_stored(document.source, version, rows)
        await self._remaker.filler(version).fill_one(goal.target, prepared)
        name = goal.target.encoders.made_by
        async with self._database.begin(self._principal) as tx:
            if await tx.documents.version(version_id) is None:
                return
            await tx.chunk_sets.add(document.id, version_id, marked(prepared, name))
            ids = [each.stored.id for each in prepared]
            await tx.chunk_sets.embedded(version_id, ids, name)
            if outline is not None:
                await tx.sections.replace(version_id, outline)

    async def give_up(self, row: IndexVersion, checks: Mapping[str, Any]) -> None:
        """Write down that the index is not good enough."""
        message = "; ".join(checks["failed"])
        async with self._database.begin(self._principal) as tx:
            await tx.indexes.finish(row.id, IndexState.FAILED, checks=checks, message=message)

    async def switch(
        self, goal: _Goal, row: IndexVersion, verified: set[str], checks: Mapping[str, Any]
    ) -> bool:
        """Let search use the index; False when something was published that it may lack."""
        collection_id = goal.collection.id
        async with self._database.begin(self._principal) as tx:
            await tx.collections.lock(collection_id)
            if not verified >= set(await tx.chunk_sets.published(collection_id)):
                return False
            sets = await tx.chunk_sets.all(collection_id)
            chosen = goal.chosen(sets)
            if any(found is None for found in chosen.values()):
                return False
            labels: dict[Label, list[str]] = {}
            for found in chosen.values():
                if found is not None and not found.read:
                    labels.setdefault(found.label, []).append(found.version_id)
            for label, versions in labels.items():
                await tx.chunk_sets.read_from(versions, label)
            if labels:
                await tx.chunk_sets.recount(collection_id)
                await self._remember(tx, goal.collection, sets)
            vectors = sum(len(found.ids) for found in chosen.values() if found is not None)
            await tx.indexes.finish(row.id, IndexState.READY, vectors=vectors, checks=checks)
            before = IndexState.FAILED if goal.back else IndexState.RETIRED
            await tx.indexes.activate(collection_id, goal.new.name, before=before)
            action = "index.rolled_back" if goal.back else "index.switched"
            await tx.audit.add(
                action,
                goal.new.name,
                {"collection": goal.collection.name, "before": goal.collection.live_index},
            )
        log.info(action, collection=goal.collection.name, index=goal.new.name)
        await self._optimize(goal)
        return True

    async def _remember(
        self, tx: Transaction, collection: Collection, sets: Sequence[ChunkSet]
    ) -> None:
        """Write down which chunks the index had that search used until now."""
        read = {each.label for each in sets if each.read}
        if len(read) == 1 and collection.live_index is not None:
            await tx.indexes.describe(collection.id, collection.live_index, read.pop())

    async def _optimize(self, goal: _Goal) -> None:
        try:
            await self._store.optimize(goal.new.name)
        except ProviderError as error:
            log.warning("index_not_optimized", index=goal.new.name, error=str(error))
