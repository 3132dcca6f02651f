from datetime import date
from typing import Any

import pytest
from sqlalchemy import JSON, ColumnElement, Enum, Table, delete, insert, select, text, update

from data.columns import UtcDateTime, now
from data.database import Database, Transaction
from data.errors import (
    DatabaseError,
    DatabaseReadOnlyError,
    DocumentGoneError,
    RowNotFoundError,
    ScopeError,
)
from data.models import Base, Collection, Document, Owned, Tenant
from data.values import NewChunk, NewLlmCall, NewSection, NewVersion, ParsedVersion
from providers.principal import Principal

MODELS = [
    mapper.class_
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__tablename__)
    if issubclass(mapper.class_, Owned)
]


def session_of(tx: Transaction) -> Any:
    return tx.collections._session


async def test_collections(database: Database, alice: Principal, bob: Principal) -> None:
    async with database.begin(alice) as tx:
        hers = await tx.collections.ensure("default")
    async with database.begin(bob) as tx:
        assert await tx.collections.get("default") is None
        assert await tx.collections.by_id(hers.id) is None
        assert await tx.collections.list() == []
        with pytest.raises(RowNotFoundError):
            await tx.collections.set_live_index(hers.id, "stolen", None, None)
        assert (await tx.collections.ensure("default")).id != hers.id
    async with database.begin(alice) as tx:
        assert (await tx.collections.ensure("default")).live_index is None


async def test_documents(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    hers = await library.store(alice)
    async with database.begin(bob) as tx:
        assert await tx.documents.get(hers.document_id) is None
        assert await tx.documents.by_source(hers.collection_id, "manual.pdf") is None
        assert await tx.documents.by_sha256(hers.collection_id, "a" * 64) is None
        assert await tx.documents.list() == ([], 0)
        assert await tx.documents.versions(hers.document_id) == []
        assert await tx.documents.version(hers.version_id) is None
        assert await tx.documents.published(hers.document_id) is None
        assert not await tx.documents.soft_delete(hers.document_id)
        with pytest.raises(DocumentGoneError):
            await tx.documents.add_version(hers.document_id, NewVersion(sha256="b", bytes=1))
        with pytest.raises(DocumentGoneError):
            await tx.documents.describe(hers.version_id, ParsedVersion(title="stolen"))
        with pytest.raises(DocumentGoneError):
            await tx.documents.publish(hers.version_id)
        with pytest.raises(DocumentGoneError):
            await tx.documents.quarantine(hers.version_id, "corrupt", "no")
    async with database.begin(alice) as tx:
        document = await tx.documents.get(hers.document_id)
        assert document is not None
        assert (document.title, document.current_version) == (None, 1)


async def test_a_document_cannot_join_another_tenants_collection(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    hers = await library.store(alice)
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"):
        async with database.begin(bob) as tx:
            await tx.documents.ensure(hers.collection_id, "intruder.pdf")


async def test_chunks_and_sections(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    hers = await library.store(alice)
    async with database.begin(alice) as tx:
        section = NewSection(level=1, title="Guide", path=("Guide",), start=0)
        await tx.sections.replace(hers.version_id, [section])
    async with database.begin(bob) as tx:
        assert await tx.chunks.live(hers.chunk_ids) == []
        assert await tx.chunks.of_document(hers.document_id) == []
        assert await tx.chunks.of_version(hers.version_id) == []
        assert await tx.chunks.ids_of_document(hers.document_id) == []
        assert await tx.chunks.ids_in_use(hers.document_id) == set()
        assert await tx.chunks.prune(hers.document_id) == 0
        await tx.chunks.replace(hers.document_id, hers.version_id, [])
        await tx.sections.replace(hers.version_id, [])
        assert await tx.sections.of_document(hers.document_id) == []
    async with database.begin(alice) as tx:
        assert len(await tx.chunks.live(hers.chunk_ids)) == 2
        assert len(await tx.sections.of_document(hers.document_id)) == 1
        version = await tx.documents.version(hers.version_id)
        assert version is not None
        assert version.chunk_count == 2


async def test_jobs(database: Database, alice: Principal, bob: Principal) -> None:
    async with database.begin(alice) as tx:
        hers = await tx.jobs.create("ingest", {})
        await tx.jobs.append_event(hers.id, "job.queued", {})
    async with database.begin(bob) as tx:
        assert await tx.jobs.get(hers.id) is None
        assert await tx.jobs.list() == []
        assert await tx.jobs.start(hers.id) is None
        assert not await tx.jobs.finish(hers.id, {})
        assert not await tx.jobs.fail(hers.id, "no")
        assert not await tx.jobs.requeue(hers.id)
        assert await tx.jobs.request_cancel(hers.id) is None
        assert await tx.jobs.events_after(hers.id) == []
        await tx.jobs.progress(hers.id, done=9)
        with pytest.raises(RowNotFoundError):
            await tx.jobs.append_event(hers.id, "job.stolen", {})
    async with database.begin(alice) as tx:
        job = await tx.jobs.get(hers.id)
        assert job is not None
        assert (job.status, job.done, job.cancel_requested) == ("queued", 0, False)
        assert len(await tx.jobs.events_after(hers.id)) == 1


async def test_conversations(database: Database, alice: Principal, bob: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.conversations.ensure("chat")
        await tx.conversations.append("chat", "user", "secret")
    async with database.begin(bob) as tx:
        assert await tx.conversations.get("chat") is None
        assert await tx.conversations.messages("chat") == []
        assert await tx.conversations.list() == ([], 0)
        assert not await tx.conversations.soft_delete("chat")
        with pytest.raises(RowNotFoundError):
            await tx.conversations.append("chat", "user", "hello")
        await tx.conversations.ensure("chat")  # the same id is free in another tenant
        await tx.conversations.append("chat", "user", "mine")
    async with database.begin(alice) as tx:
        assert [turn.content for turn in await tx.conversations.messages("chat")] == ["secret"]


async def test_ledger_and_keys(database: Database, alice: Principal, bob: Principal) -> None:
    start = now()
    async with database.begin(alice) as tx:
        await tx.llm_calls.add(NewLlmCall(function="f", model="m", outcome="ok", trace_id="t"))
        await tx.audit.add("document.deleted", "x")
        key = await tx.api_keys.create(name="n", prefix="p", hash="h", role="admin")
    async with database.begin(bob) as tx:
        assert await tx.llm_calls.of_trace("t") == []
        assert (await tx.llm_calls.spent_since(start)).calls == 0
        assert await tx.audit.list() == []
        assert await tx.api_keys.list() == []
        assert await tx.api_keys.get(key.id) is None
        assert not await tx.api_keys.revoke(key.id)
    async with database.begin(alice) as tx:
        assert (await tx.llm_calls.spent_since(start)).calls == 1
        stored = await tx.api_keys.get(key.id)
        assert stored is not None
        assert stored.revoked_at is None


@pytest.mark.parametrize("model", MODELS)
async def test_a_bare_statement_over_any_table_keeps_to_its_tenant(
    database: Database, alice: Principal, bob: Principal, model: type[Owned]
) -> None:
    """The predicate is the session's, so a query that forgets it is scoped all the same."""
    await _fill(database, alice)
    async with database.begin(bob) as tx:
        session = session_of(tx)
        assert (await session.execute(select(model))).all() == []
        assert (await session.execute(select(model.created_at))).all() == []
        assert (await session.execute(select(model.__table__))).all() == []
        changed = await session.execute(
            update(model).values(deleted_at=now()),
            execution_options={"synchronize_session": False},
        )
        assert changed.rowcount == 0
        gone = await session.execute(
            delete(model), execution_options={"synchronize_session": False}
        )
        assert gone.rowcount == 0
    async with database.begin(alice) as tx:
        assert (await session_of(tx).execute(select(model))).first() is not None
        assert (await session_of(tx).execute(select(model.__table__))).first() is not None


async def _fill(database: Database, principal: Principal) -> None:
    chunk = NewChunk(id="c", ordinal=0, text="t", char_start=0, char_end=1, token_count=1)
    async with database.begin(principal) as tx:
        collection = await tx.collections.ensure("default")
        document = await tx.documents.ensure(collection.id, "a")
        version = await tx.documents.add_version(document.id, NewVersion(sha256="a", bytes=1))
        await tx.sections.replace(
            version.id, [NewSection(level=1, title="t", path=("t",), start=0)]
        )
        await tx.chunks.replace(document.id, version.id, [chunk])
        job = await tx.jobs.create("ingest", {})
        await tx.jobs.append_event(job.id, "x", {})
        await tx.conversations.ensure("c")
        await tx.conversations.append("c", "user", "hello")
        await tx.llm_calls.add(NewLlmCall(function="f", model="m", outcome="ok"))
        await tx.audit.add("x.done")
        await tx.api_keys.create(name="n", prefix="p", hash="h", role="reader")
        session = session_of(tx)
        for table in Base.metadata.sorted_tables:
            model = next((each for each in MODELS if each.__tablename__ == table.name), None)
            if model is not None and (await session.execute(select(model))).first() is None:
                session.add(model(**await _values(session, table)))
                await session.flush()


async def _values(session: Any, table: Table) -> dict[str, Any]:
    """Return the least that a row of the table needs; its parents are there already."""
    values: dict[str, Any] = {}
    for column in table.columns:
        parents = [key.column for key in column.foreign_keys if column.name != "tenant_id"]
        if column.name == "tenant_id" or column.nullable or column.default is not None:
            continue
        if parents:
            values[column.name] = (await session.execute(select(parents[0].table))).first().id
        else:
            values[column.name] = _some(column)
    return values


def _some(column: ColumnElement[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Enum):
        return kind.enums[0]
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, UtcDateTime):
        return now()
    return {str: "x", int: 1, float: 0.5, bytes: b"x", bool: True, date: now().date()}[
        kind.python_type
    ]


async def test_rows_of_another_tenant_cannot_be_added(database: Database, alice: Principal) -> None:
    foreign = {"tenant_id": "other", "id": "x", "name": "n"}
    for statement, rows in [
        (insert(Collection), [foreign]),
        (insert(Collection), [{"id": "x", "name": "n"}]),
        (insert(Collection).values(**foreign), None),
        (insert(Tenant), [{"id": "other", "name": "other"}]),
    ]:
        with pytest.raises(ScopeError):
            async with database.begin(alice) as tx:
                await session_of(tx).execute(statement, rows)
    with pytest.raises(ScopeError):
        async with database.begin(alice) as tx:
            session_of(tx).add(Collection(**foreign))


async def test_statements_that_cannot_be_scoped_are_refused(
    database: Database, alice: Principal
) -> None:
    table: Any = Document.__table__
    collections: Any = Collection.__table__
    for statement in (
        text("SELECT * FROM documents"),
        select(text("1")).select_from(text("documents")),
        select(table.alias()),
        select(table.c.id).join_from(table, collections, isouter=True),
        select(collections.c.id).where(collections.c.id.in_(select(table.c.collection_id))),
        select(Tenant.__table__),
        table.update().values(title="stolen"),
        table.delete(),
        table.insert().values(id="x"),
    ):
        with pytest.raises(ScopeError):
            async with database.begin(alice) as tx:
                await session_of(tx).execute(statement)


async def test_a_read_only_transaction_reads_and_does_not_write(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice, read_only=True) as tx:
        assert len(await tx.chunks.live(stored.chunk_ids)) == 2
    with pytest.raises(DatabaseReadOnlyError):
        async with database.begin(alice, read_only=True) as tx:
            await tx.collections.ensure("new")
    with pytest.raises(DatabaseReadOnlyError):
        async with database.begin(alice, read_only=True) as tx:
            await tx.jobs.create("ingest", {})


async def test_keys_are_found_before_the_tenant_is_known(
    database: Database, alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        key = await tx.api_keys.create(name="n", prefix="p", hash="h", role="admin")
        late = await tx.api_keys.create(
            name="n", prefix="late", hash="h", role="admin", expires_at=now()
        )
    async with database.unscoped() as tx:
        found = await tx.api_keys.by_prefix("p")
        assert [(row.id, row.tenant_id) for row in found] == [(key.id, "acme")]
        assert await tx.api_keys.by_prefix(late.prefix) == []
        await tx.api_keys.touch("acme", key.id)
    async with database.begin(alice) as tx:
        used = await tx.api_keys.get(key.id)
        assert used is not None
        assert used.last_used_at is not None
        assert await tx.api_keys.revoke(key.id)
        assert not await tx.api_keys.revoke(key.id)
    async with database.unscoped(read_only=True) as tx:
        assert await tx.api_keys.by_prefix("p") == []


async def test_the_keys_of_a_closed_tenant_do_not_work(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        await tx.api_keys.create(name="n", prefix="p", hash="h", role="admin")
    async with database.unscoped() as tx:
        assert [tenant.id for tenant in await tx.tenants.list()] == ["acme"]
        await tx.tenants.close("acme")
        assert await tx.api_keys.by_prefix("p") == []
