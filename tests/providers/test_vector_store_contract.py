"""What every vector store must do."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import numpy as np
import pytest

from providers.errors import ProviderError
from providers.protocols import VectorStore
from providers.registry import SPARSE_ENCODER, VECTOR_STORE, load
from providers.types import (
    IndexPoint,
    IndexSpec,
    SparseVector,
    Status,
    TextKind,
    Vector,
    VectorQuery,
)

pytestmark = pytest.mark.integration

INDEX = "c0123-ab"
SPEC = IndexSpec(dimensions=4)


STORES = ["qdrant_edge", "qdrant", pytest.param("pgvector", marks=pytest.mark.integration)]


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorStore]:
    options: dict[str, Callable[[], dict[str, Path | str]]] = {
        "qdrant_edge": lambda: {"data_dir": tmp_path},
        "qdrant": lambda: {"path": ":memory:"},
        "pgvector": lambda: {"url": request.getfixturevalue("pgvector_url")},
    }
    plugin = load(VECTOR_STORE, request.param, options[request.param]())
    yield plugin
    await plugin.aclose()
    await plugin.aclose()


def dense(*values: float) -> Vector:
    return np.asarray(values, dtype=np.float32)


def sparse(**weights: float) -> SparseVector:
    """Terms are named t<number>."""
    indices = np.asarray([int(name[1:]) for name in weights], dtype=np.uint32)
    return SparseVector(indices, np.asarray(list(weights.values()), dtype=np.float32))


def point(
    number: int, vector: Vector, terms: SparseVector, document: str = "d1", **payload: str
) -> IndexPoint:
    return IndexPoint(
        id=id_of(number), document_id=document, dense=vector, sparse=terms, payload=payload
    )


def id_of(number: int) -> str:
    return str(uuid.UUID(int=number))


POINTS = [
    point(1, dense(1, 0, 0, 0), sparse(t1=1.0), language="en"),
    point(2, dense(0.8, 0.6, 0, 0), sparse(t1=0.5, t2=1.0), language="de"),
    point(3, dense(0, 0, 1, 0), sparse(t3=1.0), document="d2", language="en"),
]
QUERY = VectorQuery(dense=dense(1, 0, 0, 0), sparse=sparse(t2=1.0), limit=10)


@pytest.fixture
async def filled(store: VectorStore) -> VectorStore:
    await store.ensure(INDEX, SPEC)
    await store.upsert(INDEX, "acme", POINTS)
    return store


async def test_each_branch_is_ranked_by_its_own_score(filled: VectorStore) -> None:
    found = await filled.search(INDEX, "acme", QUERY)
    assert [hit.id for hit in found.dense] == [id_of(1), id_of(2), id_of(3)]
    assert [hit.score for hit in found.dense] == pytest.approx([1.0, 0.8, 0.0], abs=1e-5)
    assert [hit.id for hit in found.sparse] == [id_of(2)]
    assert found.sparse[0].score > 0


async def test_a_point_names_its_document(filled: VectorStore) -> None:
    await filled.upsert(INDEX, "other", [point(9, dense(1, 0, 0, 0), sparse(t1=1.0))])
    wanted = [id_of(1), id_of(3), id_of(8), id_of(9)]
    found = await filled.owners(INDEX, "acme", wanted)
    assert found == {id_of(1): "d1", id_of(3): "d2"}
    assert await filled.owners("c9-none", "acme", wanted) == {}
    assert await filled.owners(INDEX, "acme", []) == {}


async def test_indexes_are_listed_until_they_are_dropped(filled: VectorStore) -> None:
    await filled.ensure("c0123-cd", SPEC)
    assert await filled.indexes() == [INDEX, "c0123-cd"]
    await filled.drop(INDEX)
    assert await filled.indexes() == ["c0123-cd"]


async def test_either_branch_may_be_absent(filled: VectorStore) -> None:
    only_dense = await filled.search(INDEX, "acme", VectorQuery(dense=dense(0, 0, 1, 0), limit=1))
    assert [hit.id for hit in only_dense.dense] == [id_of(3)]
    assert only_dense.sparse == ()
    only_sparse = await filled.search(INDEX, "acme", VectorQuery(sparse=sparse(t1=1.0)))
    assert [hit.id for hit in only_sparse.sparse] == [id_of(1), id_of(2)]
    assert only_sparse.dense == ()
    nothing = await filled.search(INDEX, "acme", VectorQuery(sparse=sparse()))
    assert nothing.dense == nothing.sparse == ()


async def test_rare_terms_weigh_more(filled: VectorStore) -> None:
    found = await filled.search(INDEX, "acme", VectorQuery(sparse=sparse(t1=1.0, t3=1.0)))
    assert found.sparse[0].id == id_of(3)


async def test_without_idf_the_score_is_the_product_of_the_weights(store: VectorStore) -> None:
    await store.ensure(INDEX, IndexSpec(dimensions=4, idf=False))
    await store.ensure(INDEX, IndexSpec(dimensions=4, idf=False))
    await store.upsert(INDEX, "acme", POINTS)
    weights = [
        point(7, dense(1, 0, 0, 0), sparse(t1=2.0, t3=0.5)),
        point(8, dense(0, 1, 0, 0), sparse(t3=1.5)),
    ]
    await store.upsert(INDEX, "acme", weights)
    found = await store.search(INDEX, "acme", VectorQuery(sparse=sparse(t1=1.0, t3=2.0)))
    scores = {hit.id: hit.score for hit in found.sparse}
    assert scores[id_of(7)] == pytest.approx(3.0, abs=1e-5)
    assert scores[id_of(8)] == pytest.approx(3.0, abs=1e-5)
    with pytest.raises(ProviderError, match="index the documents again"):
        await store.ensure(INDEX, IndexSpec(dimensions=4))


async def test_where_keeps_points_with_one_of_the_values(filled: VectorStore) -> None:
    german = VectorQuery(dense=dense(1, 0, 0, 0), where={"language": ("de", "fr")})
    found = await filled.search(INDEX, "acme", german)
    assert [hit.id for hit in found.dense] == [id_of(2)]


async def test_the_same_id_again_replaces(filled: VectorStore) -> None:
    await filled.upsert(INDEX, "acme", [point(1, dense(0, 0, 0, 1), sparse(t9=1.0))])
    assert await filled.count(INDEX, "acme") == 3
    found = await filled.search(INDEX, "acme", VectorQuery(dense=dense(0, 0, 0, 1), limit=1))
    assert found.dense[0].id == id_of(1)
    assert (await filled.search(INDEX, "acme", VectorQuery(sparse=sparse(t9=1.0)))).sparse


async def test_deleting_by_id_and_by_document(filled: VectorStore) -> None:
    await filled.delete(INDEX, "acme", [id_of(1), id_of(99)])
    assert sorted(await filled.ids(INDEX, "acme")) == [id_of(2), id_of(3)]
    await filled.delete_document(INDEX, "acme", "d2")
    assert await filled.ids(INDEX, "acme") == [id_of(2)]
    found = await filled.search(INDEX, "acme", QUERY)
    assert [hit.id for hit in found.dense] == [id_of(2)]


async def test_a_tenant_sees_and_touches_only_its_own_points(filled: VectorStore) -> None:
    await filled.upsert(INDEX, "other", [point(7, dense(1, 0, 0, 0), sparse(t1=1.0))])
    found = await filled.search(INDEX, "other", QUERY)
    assert [hit.id for hit in found.dense] == [id_of(7)]
    assert await filled.count(INDEX, "other") == 1
    assert await filled.ids(INDEX, "other") == [id_of(7)]
    await filled.delete(INDEX, "other", [id_of(1)])
    await filled.delete_document(INDEX, "other", "d1")
    assert await filled.count(INDEX, "acme") == 3
    assert await filled.count(INDEX, "other") == 0


async def test_a_payload_cannot_claim_another_tenant(filled: VectorStore) -> None:
    forged = point(8, dense(1, 0, 0, 0), sparse(t1=1.0), tenant_id="acme")
    await filled.upsert(INDEX, "evil", [forged])
    assert await filled.count(INDEX, "acme") == 3
    assert await filled.ids(INDEX, "evil") == [id_of(8)]


async def test_an_id_of_another_tenant_is_not_overwritten(filled: VectorStore) -> None:
    await filled.upsert(INDEX, "evil", [point(1, dense(0, 0, 0, 1), sparse(t9=1.0))])
    found = await filled.search(INDEX, "acme", VectorQuery(dense=dense(1, 0, 0, 0), limit=1))
    assert [(hit.id, round(hit.score, 3)) for hit in found.dense] == [(id_of(1), 1.0)]
    assert await filled.count(INDEX, "acme") == 3
    assert await filled.count(INDEX, "evil") == 0


async def test_a_missing_index_is_empty(store: VectorStore) -> None:
    assert (await store.search("none", "acme", QUERY)).dense == ()
    assert await store.count("none", "acme") == 0
    assert await store.ids("none", "acme") == []
    await store.delete("none", "acme", [id_of(1)])
    await store.delete_document("none", "acme", "d1")
    await store.optimize("none")
    await store.drop("none")
    with pytest.raises(ProviderError):
        await store.upsert("none", "acme", POINTS)


async def test_an_index_is_made_once_and_keeps_its_spec(filled: VectorStore) -> None:
    await filled.ensure(INDEX, SPEC)
    assert await filled.count(INDEX, "acme") == 3
    with pytest.raises(ProviderError, match="index the documents again"):
        await filled.ensure(INDEX, IndexSpec(dimensions=8))
    with pytest.raises(ProviderError):
        await filled.ensure(INDEX, IndexSpec(dimensions=4, sparse=False))


async def test_an_index_without_dense_vectors(store: VectorStore) -> None:
    await store.ensure("words", IndexSpec(dimensions=None))
    plain = IndexPoint(id=id_of(1), document_id="d1", dense=None, sparse=sparse(t1=1.0))
    await store.upsert("words", "acme", [plain])
    found = await store.search("words", "acme", VectorQuery(sparse=sparse(t1=1.0)))
    assert [hit.id for hit in found.sparse] == [id_of(1)]


async def test_a_point_without_terms_is_found_by_its_dense_vector(filled: VectorStore) -> None:
    await filled.upsert(INDEX, "acme", [point(5, dense(0, 0, 0, 1), sparse())])
    found = await filled.search(INDEX, "acme", VectorQuery(dense=dense(0, 0, 0, 1), limit=1))
    assert found.dense[0].id == id_of(5)


async def test_a_dropped_index_is_gone_and_can_be_made_anew(filled: VectorStore) -> None:
    await filled.drop(INDEX)
    assert await filled.count(INDEX, "acme") == 0
    await filled.ensure(INDEX, IndexSpec(dimensions=8))
    assert await filled.count(INDEX, "acme") == 0


async def test_more_points_than_a_page(store: VectorStore) -> None:
    await store.ensure(INDEX, SPEC)
    rows = np.random.default_rng(1).normal(size=(2500, 4)).astype(np.float32)
    points = [point(number, row, sparse(t1=1.0)) for number, row in enumerate(rows, start=1)]
    await store.upsert(INDEX, "acme", points)
    await store.optimize(INDEX)
    assert await store.count(INDEX, "acme") == 2500
    assert len(set(await store.ids(INDEX, "acme"))) == 2500


async def test_searches_and_writes_at_once(filled: VectorStore) -> None:
    failures: list[int] = []

    async def write(start: int) -> None:
        for number in range(start, start + 10):
            new = point(number, dense(0, 1, 0, 0), sparse(t4=1.0), document="new")
            await filled.upsert(INDEX, "acme", [new])

    async def look() -> None:
        for _ in range(20):
            found = await filled.search(INDEX, "acme", VectorQuery(sparse=sparse(t2=1.0)))
            failures.extend(len(found.sparse) for _ in range(1) if len(found.sparse) != 1)

    async with anyio.create_task_group() as group:
        for start in (100, 200):
            group.start_soon(write, start)
            group.start_soon(look)
    assert not failures
    assert await filled.count(INDEX, "acme") == 23


@pytest.mark.parametrize("name", ["../up", "", "a/b", ".hidden", "a\x00b", "x" * 200])
async def test_an_index_name_is_no_path(store: VectorStore, name: str) -> None:
    with pytest.raises(ProviderError, match="name of a vector index"):
        await store.ensure(name, SPEC)


async def test_health(filled: VectorStore) -> None:
    assert (await filled.check()).status is Status.READY


TEXTS = [
    "Descale the kettle every sixty days with citric acid",
    "The kettle draws 2200 watts at 230 volts",
    "Error E05: the pump of the coffee machine is blocked",
    "Rinse the coffee machine after you descale it, then rinse it again",
    "Clean the pump filter when error E05 or E06 is shown",
    "The filter of the kettle holds back lime",
    "Volts and watts are printed below the machine",
    "",
]
QUESTIONS = [
    "descale kettle",
    "error E05 pump",
    "watts volts machine",
    "filter",
    "coffee lime days",
]


async def test_stores_rank_and_score_alike(store: VectorStore, tmp_path: Path) -> None:
    """Fusion looks at the scores, so they have to mean the same in every store."""
    reference = load(VECTOR_STORE, "qdrant_edge", {"data_dir": tmp_path / "reference"})
    encoder = load(SPARSE_ENCODER, "bm25", {})
    vectors = np.random.default_rng(3).normal(size=(len(TEXTS), 4)).astype(np.float32)
    terms = await encoder.encode(TEXTS, kind=TextKind.PASSAGE)
    points = [
        point(number, row, sparse_vector)
        for number, (row, sparse_vector) in enumerate(zip(vectors, terms, strict=True), start=1)
    ]
    for each in (store, reference):
        await each.ensure(INDEX, SPEC)
        await each.upsert(INDEX, "acme", points)
    for asked, row in zip(
        await encoder.encode(QUESTIONS, kind=TextKind.QUERY), vectors, strict=False
    ):
        query = VectorQuery(dense=row, sparse=asked, limit=5)
        found, expected = [await each.search(INDEX, "acme", query) for each in (store, reference)]
        for ours, theirs in ((found.dense, expected.dense), (found.sparse, expected.sparse)):
            assert theirs
            assert [hit.id for hit in ours] == [hit.id for hit in theirs]
            assert [hit.score for hit in ours] == pytest.approx(
                [hit.score for hit in theirs], rel=1e-4, abs=1e-5
            )
    await reference.aclose()
