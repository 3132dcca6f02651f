"""Where a document is written: into the live index, and into those that are built beside it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from data.models import DocumentStatus, IndexState
from data.values import NewIndex
from graphs.encoders import Encoders
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.protocols import VectorStore

FIRST = "# Pump\n\n## One\n\nThe alpha valve.\n\n## Two\n\nThe beta valve.\n"
SECOND = "# Pump\n\n## One\n\nThe alpha valve.\n\n## Two\n\nThe gamma valve.\n"
THIRD = "# Pump\n\n## Two\n\nThe beta valve.\n\n## Three\n\nThe delta valve.\n"


class Interrupted:
    """A store that lets something happen just before it removes vectors, once."""

    def __init__(self, inner: VectorStore, happen: Callable[[], Awaitable[Any]]) -> None:
        self._inner = inner
        self._happen: Callable[[], Awaitable[Any]] | None = happen

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        happen, self._happen = self._happen, None
        if happen is not None:
            await happen()
        await self._inner.delete(index, tenant_id, ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Shelf:
    """Has the encoders of older indexes."""

    def __init__(self, *known: Encoders) -> None:
        self._known = {encoders.made_by: encoders for encoders in known}

    async def of(self, recipe: Mapping[str, Any] | None, name: str) -> Encoders:
        return self._known[name]


async def test_what_another_run_publishes_keeps_its_vectors(bench: Any) -> None:
    await bench.ingest(FIRST)
    store = Interrupted(bench.providers.vector_store, lambda: bench.ingest(THIRD))

    outcome = await bench.using(vector_store=store).ingest(SECOND)

    assert outcome.status is DocumentStatus.INDEXED
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        chunks = await transaction.chunks.of_document(outcome.document_id)
    assert [chunk.text.splitlines()[-1] for chunk in chunks][-1] == "The delta valve."
    assert {chunk.id for chunk in chunks} == await bench.vector_ids()


async def test_until_the_switch_a_document_is_in_both_indexes(bench: Any) -> None:
    await bench.ingest(FIRST, source="a.md")
    await bench.ingest("# Other\n\nMore words.", source="b.md")
    old = await bench.live_index()
    embedder = HashingEmbedder(HashingConfig(dimensions=64))
    newer = bench.using(embedder=embedder, encoders=Shelf(bench.providers.configured))

    await newer.ingest(SECOND, source="a.md")

    assert await bench.live_index() == old
    assert any("gamma" in text for text in await bench.find("gamma valve"))
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        rows = await transaction.indexes.list()
    (new,) = [row.name for row in rows if row.state is IndexState.BUILDING]
    assert await bench.vector_ids(new) < await bench.vector_ids(old)
    again = await newer.ingest(SECOND, source="a.md")
    assert again.status is DocumentStatus.UNCHANGED
    await newer.ingest("# Other\n\nMore words.", source="b.md")
    assert await bench.live_index() == new
    assert await bench.vector_ids(new) == await bench.vector_ids(old)


async def test_an_index_that_is_begun_during_a_run_is_filled_before_publishing(
    bench: Any,
) -> None:
    await bench.ingest(FIRST)
    async with bench.database.begin(bench.principal) as transaction:
        collection = await transaction.collections.get("default")
    name = f"{(await bench.live_index()).partition('-')[0]}-begun"
    embedder, sparse = bench.providers.configured.fingerprints

    class Beginning(Interrupted):
        async def upsert(self, index: str, tenant_id: str, points: Any) -> None:
            await self._inner.upsert(index, tenant_id, points)
            new = NewIndex(name=name, embedder=embedder, sparse_encoder=sparse)
            async with bench.database.begin(bench.principal) as transaction:
                await transaction.indexes.ensure(collection.id, new)

    store = Beginning(bench.providers.vector_store, bench.live_index)
    outcome = await bench.using(vector_store=store).ingest(SECOND)

    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        chunks = await transaction.chunks.of_document(outcome.document_id)
    assert {chunk.id for chunk in chunks} == await bench.vector_ids(name)


async def test_an_index_that_was_given_up_is_not_begun_again(bench: Any) -> None:
    await bench.ingest(FIRST)
    old = await bench.live_index()
    embedder = HashingEmbedder(HashingConfig(dimensions=64))
    newer = bench.using(embedder=embedder, encoders=Shelf(bench.providers.configured))
    given_up = newer.providers.configured.fingerprints
    async with bench.database.begin(bench.principal) as transaction:
        collection = await transaction.collections.get("default")
        new = NewIndex(name="c0-bad", embedder=given_up[0], sparse_encoder=given_up[1])
        row = await transaction.indexes.rebuild(collection.id, new, job=None)
        await transaction.indexes.finish(row.id, IndexState.FAILED)

    await newer.ingest(SECOND)

    assert await bench.live_index() == old
    assert await bench.providers.vector_store.indexes() == [old]
    again = await newer.ingest(SECOND)
    assert again.status is DocumentStatus.UNCHANGED
