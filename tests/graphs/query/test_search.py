from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from graphs.encoders import Encoders
from graphs.errors import CollectionNotFoundError, GraphError, MissingPrincipalError
from graphs.query.errors import SearchUnavailableError
from graphs.query.graph import build_search
from graphs.query.state import Context
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import ProviderError, TransientProviderError
from providers.principal import Principal
from providers.types import Candidates, Health, Matrix, Status, TextKind, VectorQuery


class BrokenEmbedder:
    dimensions = 256
    fingerprint = "hashing:1:256:512"
    max_tokens = 10

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        raise ProviderError("the model folder is missing")

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        return []

    async def check(self) -> Health:
        return Health(status=Status.UNAVAILABLE)

    async def aclose(self) -> None: ...


class FlakyStore:
    """Fails a number of times, then asks the real store; remembers the limits asked for."""

    def __init__(self, store: Any, errors: Sequence[Exception] = ()) -> None:
        self._store = store
        self._errors = list(errors)
        self.limits: list[int] = []

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        self.limits.append(query.limit)
        if self._errors:
            raise self._errors.pop(0)
        found: Candidates = await self._store.search(index, tenant_id, query)
        return found


async def test_finds_with_rank_page_and_heading(bench: Any) -> None:
    found = await bench.search("How many litres does the KX-200 kettle hold?", top_k=2)
    first = found["passages"][0]
    assert "1.7 litres" in first.text
    assert (first.rank, first.source, first.version) == (1, "kettle.md", 1)
    assert first.heading_path[-1] == "Capacity"
    assert len(found["passages"]) == 2
    assert found["degraded"] == []
    assert set(found["timings_ms"]) == {"guard_input", "retrieve"}


async def test_german_finds_german(bench: Any) -> None:
    found = await bench.search("Wie viel Wasser fasst der Wassertank?")
    assert "1,2 l" in found["passages"][0].text


@pytest.mark.parametrize("mode", ["dense", "sparse"])
async def test_one_branch_alone(bench: Any, mode: str) -> None:
    found = await bench.search("vinegar seals", mode=mode)
    fused = [passage.fused for passage in found["passages"]]
    other = "sparse_rank" if mode == "dense" else "dense_rank"
    assert fused
    assert all(getattr(candidate, other) is None for candidate in fused)
    assert found["degraded"] == []


async def test_a_deleted_document_is_not_found_though_its_vectors_are_there(bench: Any) -> None:
    async with bench.database.begin(bench.principal) as transaction:
        documents, _ = await transaction.documents.list()
        kettle = next(d for d in documents if d.source == "kettle.md")
        await transaction.documents.soft_delete(kettle.id)
    found = await bench.search("How many litres does the KX-200 kettle hold?")
    assert {passage.source for passage in found["passages"]} == {"ofen.md"}


async def test_looks_further_when_deleted_documents_fill_the_list(empty: Any) -> None:
    for number in range(14):
        await empty.add(
            f"old-{number}.md", f"# Old {number}\n\nThe red lamp number {number} blinks."
        )
    await empty.add("new.md", "# New\n\nA lamp.\n")
    async with empty.database.begin(empty.principal) as transaction:
        documents, _ = await transaction.documents.list()
        for document in documents:
            if document.source.startswith("old"):
                await transaction.documents.soft_delete(document.id)
    store = FlakyStore(empty.providers.store)
    bench = empty.using(store=store).with_settings(
        retrieval={"candidates": 10}, rerank={"when": "never"}
    )
    found = await bench.search("Why does the red lamp blink?", mode="sparse", top_k=1)
    assert [passage.source for passage in found["passages"]] == ["new.md"]
    assert store.limits == [10, 40]


async def test_without_an_embedder_words_decide_and_it_is_said(bench: Any) -> None:
    found = await bench.using(embedder=None).search("vinegar seals")
    assert "Vinegar" in found["passages"][0].text
    assert found["degraded"] == ["dense search was left out: the embedder is not available"]


class Shelf:
    """Has the encoders of older indexes."""

    def __init__(self, *known: Encoders) -> None:
        self._known = {encoders.made_by: encoders for encoders in known}

    async def of(self, recipe: Mapping[str, Any] | None, name: str) -> Encoders:
        return self._known[name]


async def test_an_older_index_is_searched_with_its_own_encoders(bench: Any) -> None:
    own = bench.providers.configured
    newer = bench.using(
        embedder=HashingEmbedder(HashingConfig(dimensions=128)), encoders=Shelf(own)
    )
    expected = await bench.search("vinegar damages the seals")
    found = await newer.search("vinegar damages the seals")
    assert found["degraded"] == []
    assert [p.chunk.chunk_id for p in found["passages"]] == [
        p.chunk.chunk_id for p in expected["passages"]
    ]


async def test_an_older_index_whose_embedder_is_lost_is_searched_for_words(bench: Any) -> None:
    newer = bench.using(embedder=HashingEmbedder(HashingConfig(dimensions=128)))
    found = await newer.search("vinegar damages the seals")
    assert found["passages"]
    older, dense = found["degraded"]
    assert "older than the settings" in older
    assert "dense search was left out" in dense


async def test_a_broken_embedder_is_said(bench: Any) -> None:
    found = await bench.using(embedder=BrokenEmbedder()).search("vinegar seals")
    assert found["passages"]
    assert found["degraded"] == ["dense search was left out: the model folder is missing"]


async def test_without_a_sparse_encoder_meaning_decides(bench: Any) -> None:
    found = await bench.using(sparse_encoder=None).search("vinegar damages the seals")
    assert found["passages"]
    assert found["degraded"] == ["sparse search was left out: the sparse encoder is not available"]


async def test_without_both_branches_there_is_a_clear_error(bench: Any) -> None:
    broken = bench.using(embedder=BrokenEmbedder(), sparse_encoder=None)
    with pytest.raises(SearchUnavailableError, match="model folder is missing"):
        await broken.search("vinegar")


async def test_a_store_that_is_down_is_a_clear_error(bench: Any) -> None:
    store = FlakyStore(bench.providers.store, [ProviderError("locked by another process")])
    with pytest.raises(SearchUnavailableError, match="locked by another process"):
        await bench.using(store=store).search("vinegar")


async def test_a_store_that_stumbles_is_asked_again(bench: Any) -> None:
    store = FlakyStore(bench.providers.store, [TransientProviderError("busy")])
    found = await bench.using(store=store).search("vinegar")
    assert found["passages"]
    assert len(store.limits) == 2


async def test_an_unknown_collection_is_refused_but_the_empty_default_is_not(empty: Any) -> None:
    with pytest.raises(CollectionNotFoundError, match="nowhere"):
        await empty.search("vinegar", collection="nowhere")
    assert (await empty.search("vinegar"))["passages"] == []


async def test_collections_and_tenants_do_not_mix(bench: Any) -> None:
    await bench.add("other.md", "# Other\n\nVinegar cleans windows.", collection="other")
    found = await bench.search("vinegar", collection="other")
    assert {passage.source for passage in found["passages"]} == {"other.md"}
    stranger = Principal(tenant_id="stranger", subject="eve")
    bench.principal = stranger
    assert (await bench.search("vinegar"))["passages"] == []


FORGED: dict[str, Any] = {"tenant_id": "default", "subject": "eve", "roles": ["admin"]}


@pytest.mark.parametrize(
    ("start", "configurable"),
    [
        ({"question": "vinegar"}, {}),
        ({"question": "vinegar", "principal": FORGED}, {}),
        ({"question": "vinegar"}, {"principal": FORGED}),
        ({"question": "vinegar"}, {"principal": "default"}),
    ],
)
async def test_a_forged_principal_fails(
    bench: Any, start: Any, configurable: dict[str, Any]
) -> None:
    graph = build_search(bench.providers, bench.database, bench.settings)
    with pytest.raises(MissingPrincipalError):
        await graph.ainvoke(start, {"configurable": configurable}, context=Context())


async def test_a_principal_in_the_context_fails(bench: Any) -> None:
    graph = build_search(bench.providers, bench.database, bench.settings)
    context: Any = {"collection": "default", "principal": FORGED}
    with pytest.raises((TypeError, GraphError)):
        await graph.ainvoke({"question": "vinegar"}, {"configurable": {}}, context=context)


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"top_k": 1001}, {"mode": "magic"}])
def test_a_context_that_no_run_can_follow_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"top_k|magic"):
        Context(**wrong)
