"""Where to look is remembered, but what is found decides whether that still holds."""

from typing import Any

import pytest

from graphs.errors import CollectionNotFoundError
from graphs.query.graph import build_search
from graphs.query.live_index import LiveIndexes
from graphs.query.state import Context
from graphs.query.steps import Turn
from providers.principal import Principal
from providers.types import Candidates, IndexSpec, VectorQuery


class SpyStore:
    """Asks the real store and remembers in which indexes was searched."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.asked: list[str] = []

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        self.asked.append(index)
        found: Candidates = await self._store.search(index, tenant_id, query)
        return found


class Searcher:
    """One compiled graph, as a server has it, asked again and again."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.store = SpyStore(bench.providers.store)
        providers = bench.using(store=self.store).providers
        self._graph = build_search(providers, bench.database, bench.settings)

    async def sources(self, question: str = "vinegar damages the seals") -> set[str]:
        found = await self._graph.ainvoke(
            {"question": question}, self.bench.config(), context=Context()
        )
        return {passage.source for passage in found["passages"]}

    async def switch(self, index: str) -> None:
        """Make an empty index the live one."""
        await self.bench.providers.store.ensure(index, IndexSpec(dimensions=256))
        async with self.bench.database.begin(self.bench.principal) as transaction:
            collection = await transaction.collections.get("default")
            await transaction.collections.set_live_index(
                collection.id, index, collection.embedder, collection.sparse_encoder
            )


@pytest.fixture
def searcher(bench: Any) -> Searcher:
    return Searcher(bench)


async def test_the_index_is_asked_once_a_question(searcher: Searcher) -> None:
    first = await searcher.sources()
    assert first
    assert await searcher.sources() == first
    assert len(searcher.store.asked) == 2
    assert len(set(searcher.store.asked)) == 1


async def test_a_switch_is_followed_by_the_very_next_question(searcher: Searcher) -> None:
    assert await searcher.sources()
    (old,) = searcher.store.asked
    await searcher.switch("rebuilt")
    assert await searcher.sources() == set()
    assert searcher.store.asked == [old, old, "rebuilt"]


async def test_what_was_deleted_is_not_found_through_what_is_remembered(
    searcher: Searcher,
) -> None:
    assert await searcher.sources()
    async with searcher.bench.database.begin(searcher.bench.principal) as transaction:
        documents, _ = await transaction.documents.list()
        for document in documents:
            await transaction.documents.soft_delete(document.id)
    assert await searcher.sources() == set()


async def test_another_tenant_gains_nothing_from_what_is_remembered(searcher: Searcher) -> None:
    assert await searcher.sources()
    searcher.bench.principal = Principal(tenant_id="stranger", subject="eve")
    assert await searcher.sources() == set()
    assert len(searcher.store.asked) == 1


def turn(principal: Principal, collection: str = "default") -> Turn:
    context = Context(collection=collection)
    return Turn(principal=principal, context=context, emit=lambda _: None)


async def test_it_is_read_once_and_again_on_demand(bench: Any, searcher: Searcher) -> None:
    indexes = LiveIndexes(bench.database, "default")
    first = await indexes.get(turn(bench.principal))
    assert first is not None
    await searcher.switch("rebuilt")
    assert await indexes.get(turn(bench.principal)) == first
    second = await indexes.read(turn(bench.principal))
    assert second is not None
    assert (second.collection_id, second.name) == (first.collection_id, "rebuilt")
    assert await indexes.get(turn(bench.principal)) == second


async def test_what_is_not_there_is_not_remembered(empty: Any) -> None:
    indexes = LiveIndexes(empty.database, "default")
    assert await indexes.get(turn(empty.principal)) is None
    with pytest.raises(CollectionNotFoundError, match="nowhere"):
        await indexes.get(turn(empty.principal, "nowhere"))
    await empty.add("new.md", "# New\n\nA lamp.\n")
    assert await indexes.get(turn(empty.principal)) is not None
