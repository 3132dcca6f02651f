"""Sources: where documents come from, as people set them up and look at them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from data.columns import now
from data.database import Database, Transaction
from data.errors import DocumentGoneError
from data.models import ItemState, Source
from providers.principal import Principal, Role
from service.crawl_times import next_crawl, window_of, zone_of
from service.crawls import MANUAL, Clock, Crawls, found
from service.errors import (
    DocumentNotFoundError,
    ForbiddenError,
    SourceBusyError,
    SourceExistsError,
    SourceInvalidError,
)
from service.schemas import JobRead
from service.source_options import build_source, check_options
from service.source_schemas import (
    CrawlHistory,
    ItemPage,
    ItemRead,
    NewSource,
    Removed,
    SourceChange,
    SourceList,
    SourcePut,
    SourceRead,
    SourceSpec,
)
from service.source_views import crawl_read, merged, source_read

DeleteDocument = Callable[[Principal, str], Awaitable[None]]
_TIMES = ("schedule", "timezone", "window_start", "window_end", "enabled")
_PLAIN = (*_TIMES, "is_public", "on_gone", "watch")
"""Fields that are columns of the same name."""
_OFTEN = 100


class Sources:
    """Sources of the principal's tenant."""

    def __init__(
        self,
        database: Database,
        crawls: Crawls,
        *,
        delete_document: DeleteDocument,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._crawls = crawls
        self._delete = delete_document
        self._clock = clock

    async def add(self, principal: Principal, new: NewSource) -> SourceRead:
        """Set up a source; nothing is fetched before its first crawl.

        Raises:
            SourceInvalidError: an option, a name or a time cannot be used.
            SourceExistsError: there is one of that name.
        """
        _require_admin(principal)
        spec, rules_version = await self._checked(new)
        async with self._database.begin(principal) as tx:
            source = await self._create(tx, new.name, spec, rules_version)
            if source is None:
                raise SourceExistsError(
                    f"there is a source {new.name!r}; `cicerone sources update` changes it"
                )
            return await source_read(tx, source)

    async def put(self, principal: Principal, name: str, spec: SourceSpec) -> SourcePut:
        """Let there be a source exactly like that; again changes nothing.

        Raises:
            SourceInvalidError: it cannot be used, or would change plugin or collection.
        """
        _require_admin(principal)
        spec, rules_version = await self._checked(spec)
        async with self._database.begin(principal) as tx:
            source = await tx.sources.by_name(name)
            if source is None:
                source = found(await self._create(tx, name, spec, rules_version), name)
                return SourcePut(outcome="created", source=await source_read(tx, source))
            values = await self._values(tx, spec) | {"rules_version": rules_version}
            _require_same(source, values)
            changed = await self._apply(tx, source, values)
            read = await source_read(tx, found(await tx.sources.by_name(name), name))
            return SourcePut(outcome="updated" if changed else "unchanged", source=read)

    async def update(self, principal: Principal, name: str, change: SourceChange) -> SourceRead:
        """Change some things of a source.

        Raises:
            SourceNotFoundError: the tenant has no such source.
            SourceInvalidError: it could not be used any more.
        """
        _require_admin(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            before = await source_read(tx, found(await tx.sources.by_name(name), name))
        spec, rules_version = await self._checked(merged(before, change))
        async with self._database.begin(principal) as tx:
            source = found(await tx.sources.by_name(name), name)
            values = await self._values(tx, spec) | {"rules_version": rules_version}
            await self._apply(tx, source, values)
            return await source_read(tx, found(await tx.sources.by_name(name), name))

    async def list(self, principal: Principal) -> SourceList:
        """List the sources by name."""
        async with self._database.begin(principal, read_only=True) as tx:
            return SourceList(
                sources=[await source_read(tx, row) for row in await tx.sources.list()]
            )

    async def show(self, principal: Principal, name: str) -> SourceRead:
        """Show a source, and how many items it has in which state.

        Raises:
            SourceNotFoundError: the tenant has no such source.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            source = found(await tx.sources.by_name(name), name)
            counts = await tx.source_items.counts(source.id)
            return (await source_read(tx, source)).model_copy(update={"items": counts})

    async def items(
        self,
        principal: Principal,
        name: str,
        *,
        state: ItemState | None = None,
        reason: str | None = None,
        after: str = "",
        limit: int = 50,
    ) -> ItemPage:
        """List the items of a source by URI, behind the URI `after`."""
        async with self._database.begin(principal, read_only=True) as tx:
            source = found(await tx.sources.by_name(name), name)
            rows = await tx.source_items.page(
                source.id, after=after, limit=limit + 1, state=state, reason=reason
            )
        more = len(rows) > limit
        return ItemPage(
            items=[ItemRead.model_validate(row) for row in rows[:limit]],
            next=rows[limit - 1].uri if more else None,
        )

    async def history(self, principal: Principal, name: str, limit: int = 20) -> CrawlHistory:
        """List the newest crawls of a source first."""
        async with self._database.begin(principal, read_only=True) as tx:
            source = found(await tx.sources.by_name(name), name)
            rows = await tx.crawl_jobs.history(source.id, limit=limit)
            return CrawlHistory(crawls=[crawl_read(row, name) for row in rows])

    async def crawl(
        self, principal: Principal, name: str, *, ignore_window: bool = False
    ) -> JobRead:
        """Crawl a source now; see `Crawls.start`."""
        return await self._crawls.start(
            principal, name, trigger=MANUAL, ignore_window=ignore_window
        )

    async def remove(
        self, principal: Principal, name: str, *, delete_documents: bool = False
    ) -> Removed:
        """Remove a source; its documents stay unless they are to be deleted with it.

        Raises:
            SourceNotFoundError: the tenant has no such source.
            SourceBusyError: a crawl of it has not ended yet.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            source = found(await tx.sources.by_name(name), name)
            running = await tx.crawl_jobs.open(source.id, besides="")
            if running is not None:
                raise SourceBusyError(
                    f"the job {running.job_id} is at work on {name!r}; "
                    "wait for it, or stop it with `cicerone jobs cancel`"
                )
            await tx.sources.change(source.id, {"enabled": False, "next_crawl_at": None})
        deleted = await self._delete_documents(principal, source) if delete_documents else 0
        async with self._database.begin(principal) as tx:
            await tx.sources.remove(source)
            await tx.audit.add("source.removed", target=source.id, detail={"name": name})
        return Removed(name=name, documents_deleted=deleted)

    async def _delete_documents(self, principal: Principal, source: Source) -> int:
        deleted = 0
        while True:
            async with self._database.begin(principal, read_only=True) as tx:
                rows = await tx.documents.of_source(source.id, limit=_OFTEN)
            if not rows:
                return deleted
            for row in rows:
                try:
                    await self._delete(principal, row.id)
                except (DocumentNotFoundError, DocumentGoneError):
                    continue  # somebody else was quicker
                deleted += 1

    async def _checked(self, spec: SourceSpec) -> tuple[SourceSpec, str]:
        """Validate what needs no database; return it with its options in order, and its rules."""
        zone_of(spec.timezone)
        window = window_of(spec.window_start, spec.window_end, spec.timezone)
        next_crawl(spec.schedule, spec.timezone, window, self._clock())
        options = check_options(spec.plugin, spec.options)
        plugin = build_source(spec.plugin, options)
        try:
            return spec.model_copy(update={"options": options}), plugin.rules_version
        finally:
            await plugin.aclose()

    async def _create(
        self, tx: Transaction, name: str, spec: SourceSpec, rules_version: str
    ) -> Source | None:
        values = await self._values(tx, spec)
        source = await tx.sources.create(name, values | {"rules_version": rules_version})
        if source is not None:
            await tx.audit.add("source.added", target=source.id, detail={"name": name})
        return source

    async def _values(self, tx: Transaction, spec: SourceSpec) -> dict[str, Any]:
        """Turn what people say into columns; vendors and products are made when they are new."""
        vendor = await tx.provenance.put_vendor(spec.vendor) if spec.vendor else None
        vendor_id = vendor.id if vendor else None
        product = None
        if spec.product:
            product = await tx.provenance.put_product(spec.product, vendor_id=vendor_id)
        licence = await tx.provenance.licence(spec.licence) if spec.licence else None
        if spec.licence and licence is None:
            raise SourceInvalidError(f"licence: there is no licence {spec.licence!r}; add it first")
        window = window_of(spec.window_start, spec.window_end, spec.timezone)
        due = next_crawl(spec.schedule, spec.timezone, window, self._clock())
        return {
            **{name: getattr(spec, name) for name in _PLAIN},
            "plugin": spec.plugin,
            "options": spec.options,
            "collection_id": (await tx.collections.ensure(spec.collection)).id,
            "vendor_id": vendor_id,
            "product_id": product.id if product else None,
            "licence_id": licence.id if licence else None,
            "next_crawl_at": due if spec.enabled else None,
        }

    async def _apply(self, tx: Transaction, source: Source, values: Mapping[str, Any]) -> bool:
        """Write what differs; documents that the source brought follow. Tell whether any did."""
        changed = {name: value for name, value in values.items() if getattr(source, name) != value}
        if not any(name in changed for name in _TIMES):
            changed.pop("next_crawl_at", None)  # it moves with the clock alone
        if not changed:
            return False
        await tx.sources.change(source.id, changed)
        if changed.keys() & {"is_public", "product_id"}:
            await tx.documents.retrace(
                source.id, product_id=values["product_id"], is_public=values["is_public"]
            )
        if changed.keys() & {"licence_id", "vendor_id"}:
            await tx.terms.refresh_source(source.id)
        detail = {"name": source.name, "changed": sorted(changed)}
        await tx.audit.add("source.changed", target=source.id, detail=detail)
        return True


def _require_admin(principal: Principal) -> None:
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("sources are set up by a principal with the role 'admin'")


def _require_same(source: Source, values: Mapping[str, Any]) -> None:
    for column, name in (("plugin", "plugin"), ("collection_id", "collection")):
        if getattr(source, column) != values[column]:
            raise SourceInvalidError(
                f"{name}: it cannot change, since the items would be others; "
                f"remove {source.name!r} and add it again"
            )
