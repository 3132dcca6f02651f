"""What only this plugin does: its options, its tables, a server that comes and goes."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio
import numpy as np
import psycopg
import pytest
from psycopg import errors

from providers.errors import ProviderError, StorageFullError, TransientProviderError
from providers.registry import VECTOR_STORE, load
from providers.types import IndexPoint, IndexSpec, SparseVector, Status, Vector, VectorQuery
from providers.vector_store.pgvector import PgvectorStore
from providers.vector_store.pgvector_config import PgvectorConfig
from providers.vector_store.pgvector_server import translated

SPEC = IndexSpec(dimensions=16)
DENSE = IndexSpec(dimensions=16, sparse=False)


def open_store(url: str, **options: Any) -> PgvectorStore:
    return PgvectorStore(PgvectorConfig.model_validate({"url": url, **options}))


@pytest.fixture
async def store(pgvector_url: str) -> AsyncIterator[PgvectorStore]:
    opened = open_store(pgvector_url, graph_from=1_000)
    yield opened
    await opened.aclose()


async def ask(url: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement beside the store."""
    async with await psycopg.AsyncConnection.connect(
        url.replace("+psycopg", ""), autocommit=True
    ) as connection:
        cursor = await connection.execute(statement.encode(), parameters or None)
        return await cursor.fetchall() if cursor.description else []


def id_of(number: int) -> str:
    return str(uuid.UUID(int=number))


def rows(count: int, seed: int = 0, dimensions: int = 16) -> Any:
    return np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)


def points(count: int, start: int = 1, **payload: str) -> list[IndexPoint]:
    return [
        IndexPoint(id=id_of(start + n), document_id="d", dense=row, sparse=None, payload=payload)
        for n, row in enumerate(rows(count, start))
    ]


def worded(number: int, *terms: int) -> IndexPoint:
    return IndexPoint(id=id_of(number), document_id="d", dense=None, sparse=sparse(*terms))


def sparse(*terms: int) -> SparseVector:
    return SparseVector(np.asarray(terms, np.uint32), np.ones(len(terms), np.float32))


def nearest(found: list[IndexPoint], vector: Vector, limit: int) -> list[str]:
    """Return the ids in order of similarity, by comparing them all."""
    matrix = np.stack([each.dense for each in found if each.dense is not None])
    scores = matrix @ vector / np.linalg.norm(matrix, axis=1)
    return [found[n].id for n in np.argsort(-scores)[:limit]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "url"),
        ({"url": "mysql://host/name"}, "postgresql://user@host/name"),
        ({"url": "postgresql://host:hidden-word/name?x=y"}, "cannot be read"),
        ({"url": "postgresql://host/name", "schema_name": 'x"; DROP'}, "schema_name"),
        ({"url": "postgresql://host/name", "pool_min": 3, "pool_max": 2}, "pool_min"),
        ({"url": "postgresql://host/name", "m": 60}, "twice m"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ProviderError, match=message) as caught:
        load(VECTOR_STORE, "pgvector", options)
    assert "hidden-word" not in str(caught.value)


async def test_a_server_that_is_down_is_unavailable() -> None:
    options = {"url": "postgresql+psycopg://me:hidden-word@127.0.0.1:1/none"}
    store = load(VECTOR_STORE, "pgvector", options)
    health = await store.check()
    assert health.status is Status.UNAVAILABLE
    assert "cannot be reached" in health.detail
    assert "hidden-word" not in health.detail + repr(PgvectorConfig.model_validate(options))
    with pytest.raises(TransientProviderError):
        await store.count("c1", "t")
    await store.aclose()


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (errors.DiskFull(), StorageFullError),
        (errors.SerializationFailure(), TransientProviderError),
        (errors.DeadlockDetected(), TransientProviderError),
        (errors.LockNotAvailable(), TransientProviderError),
        (errors.AdminShutdown(), TransientProviderError),
        (errors.TooManyConnections(), TransientProviderError),
        (psycopg.OperationalError("the connection is lost"), TransientProviderError),
        (errors.InvalidTextRepresentation(), ProviderError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_errors_are_told_apart(raised: psycopg.Error, kind: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught, translated():
        raise raised
    assert type(caught.value) is kind
    assert caught.value.__cause__ is raised


@pytest.mark.integration
async def test_health_names_the_versions(store: PgvectorStore) -> None:
    await store.ensure("c1", SPEC)
    health = await store.check()
    assert health.status is Status.READY
    assert "PostgreSQL 1" in health.detail
    assert "pgvector 0." in health.detail
    assert "1 indexes" in health.detail


@pytest.mark.integration
async def test_a_missing_extension_that_may_not_be_made_is_said_so(pgvector_url: str) -> None:
    role = f"weak_{uuid.uuid4().hex[:8]}"
    await ask(pgvector_url, f"CREATE ROLE {role} LOGIN")
    weak = open_store(pgvector_url.replace("//postgres:", f"//{role}:"))
    health = await weak.check()
    assert health.status is Status.UNAVAILABLE
    assert "CREATE EXTENSION vector" in health.detail
    await ask(pgvector_url, "CREATE EXTENSION vector")
    with pytest.raises(ProviderError, match="CREATE SCHEMA cicerone_vectors AUTHORIZATION"):
        await weak.ensure("c1", SPEC)
    await ask(pgvector_url, f"CREATE SCHEMA cicerone_vectors AUTHORIZATION {role}")
    await weak.ensure("c1", SPEC)
    assert await weak.count("c1", "t") == 0
    await weak.aclose()


@pytest.mark.integration
async def test_names_and_values_are_never_read_as_sql(
    store: PgvectorStore, pgvector_url: str
) -> None:
    for name in ("x; DROP TABLE indexes", 'a"b', "a'b", "points~c1", "c1 ", "ä"):
        with pytest.raises(ProviderError, match="name of a vector index"):
            await store.ensure(name, SPEC)
        with pytest.raises(ProviderError, match="name of a vector index"):
            await store.drop(name)
    hostile = "'; DROP SCHEMA cicerone_vectors CASCADE; --%s%(tenant)s{}"
    made = [
        IndexPoint(
            id=id_of(1), document_id=hostile, dense=None, sparse=sparse(1), payload={hostile: "x"}
        ),
        IndexPoint(id=id_of(2), document_id="d", dense=None, sparse=sparse(1), payload={}),
    ]
    await store.ensure("c1", SPEC)
    await store.upsert("c1", hostile, made)
    found = await store.search(
        "c1", hostile, VectorQuery(sparse=sparse(1), where={hostile: ("x", "'\"")})
    )
    assert [hit.id for hit in found.sparse] == [id_of(1)]
    await store.delete_document("c1", hostile, hostile)
    assert await store.ids("c1", hostile) == [id_of(2)]


@pytest.mark.integration
async def test_names_that_differ_are_different_indexes(store: PgvectorStore) -> None:
    names = ["select", "Select", "indexes", "c-1", "c_1", "x" * 128, "x" * 127 + "y", "x" * 40]
    for number, name in enumerate(names, start=1):
        await store.ensure(name, SPEC)
        await store.upsert(name, "t", [worded(number, 1)])
    for number, name in enumerate(names, start=1):
        assert await store.ids(name, "t") == [id_of(number)]
        await store.drop(name)
        assert await store.ids(name, "t") == []


@pytest.mark.integration
async def test_an_id_is_a_uuid_however_it_is_written(store: PgvectorStore) -> None:
    await store.ensure("c1", SPEC)
    shouted = IndexPoint(
        id="{ABCDEF00-0000-0000-0000-000000000001}", document_id="d", dense=None, sparse=sparse(1)
    )
    await store.upsert("c1", "t", [shouted])
    await store.upsert("c1", "t", [shouted])
    assert await store.ids("c1", "t") == ["abcdef00-0000-0000-0000-000000000001"]
    with pytest.raises(ProviderError, match="not a UUID"):
        await store.upsert("c1", "t", [replace(shouted, id="7")])


@pytest.mark.integration
async def test_a_vector_of_another_length_is_refused(store: PgvectorStore) -> None:
    await store.ensure("c1", SPEC)
    long = IndexPoint(id=id_of(1), document_id="d", dense=rows(1, 0, 8)[0], sparse=None)
    with pytest.raises(ProviderError, match="16 dimensions, not 8: index the documents again"):
        await store.upsert("c1", "t", [*points(2, 5), long])
    assert await store.count("c1", "t") == 0, "all or none"
    await store.upsert("c1", "t", points(2))
    with pytest.raises(ProviderError, match="different vector dimensions"):
        await store.search("c1", "t", VectorQuery(dense=rows(1, 0, 8)[0]))
    await store.ensure("dense", DENSE)
    with pytest.raises(ProviderError, match="no sparse vectors"):
        await store.upsert("dense", "t", [worded(1, 1)])
    assert (await store.search("dense", "t", VectorQuery(sparse=sparse(1)))).sparse == ()


@pytest.mark.integration
async def test_a_tenants_scores_do_not_depend_on_others(store: PgvectorStore) -> None:
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "acme", [worded(1, 1), worded(2, 2), worded(3, 2)])
    query = VectorQuery(sparse=sparse(1, 2))
    before = await store.search("c1", "acme", query)
    await store.upsert("c1", "other", [worded(n, 1) for n in range(10, 40)])
    assert await store.search("c1", "acme", query) == before
    assert len((await store.search("c1", "other", query)).sparse) == 30


@pytest.mark.integration
async def test_what_was_replaced_or_deleted_leaves_no_trace_in_the_scores(
    store: PgvectorStore,
) -> None:
    query = VectorQuery(sparse=sparse(1, 2, 3))
    lasting = [worded(1, 1), worded(2, 1, 2), worded(3, 3)]
    await store.ensure("fresh", SPEC)
    await store.upsert("fresh", "t", lasting)
    await store.ensure("edited", SPEC)
    await store.upsert("edited", "t", [worded(1, 2, 3), worded(2, 9), worded(4, 1), worded(5, 2)])
    await store.upsert("edited", "t", lasting)
    await store.delete("edited", "t", [id_of(4), id_of(5)])
    found = await store.search("edited", "t", query)
    assert found == await store.search("fresh", "t", query)
    assert [hit.id for hit in found.sparse] == [id_of(2), id_of(3), id_of(1)]


@pytest.mark.integration
async def test_a_zero_vector_is_found_by_nothing_but_its_id(store: PgvectorStore) -> None:
    await store.ensure("c1", DENSE)
    empty = IndexPoint(id=id_of(1), document_id="d", dense=np.zeros(16, np.float32), sparse=None)
    await store.upsert("c1", "t", [empty, *points(2, 5)])
    found = await store.search("c1", "t", VectorQuery(dense=rows(1)[0]))
    assert {hit.id: hit.score for hit in found.dense}[id_of(1)] == 0.0


async def with_graph(store: PgvectorStore) -> list[IndexPoint]:
    """Fill an index with many points of one tenant and few of another, and build the graph."""
    many = [*points(3_000, 1, language="en"), *points(20, 4_001, language="de")]
    await store.ensure("c1", DENSE)
    await store.upsert("c1", "large", many)
    await store.upsert("c1", "small", points(30, 5_001))
    await store.optimize("c1")
    return many


@pytest.mark.integration
async def test_the_graph_finds_what_comparing_all_finds(
    store: PgvectorStore, pgvector_url: str
) -> None:
    many = await with_graph(store)
    graphs = "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%hnsw%'"
    assert await ask(pgvector_url, graphs) == [("points~c1~graph",)]
    right = 0
    for vector in rows(20, 99):
        found = await store.search("c1", "large", VectorQuery(dense=vector, limit=10))
        assert [hit.score for hit in found.dense] == sorted(
            (hit.score for hit in found.dense), reverse=True
        )
        right += len({hit.id for hit in found.dense} & set(nearest(many, vector, 10)))
    assert right >= 0.95 * 200
    await store.upsert("c1", "large", points(1, 9_000))
    (new,) = points(1, 9_000)
    found = await store.search("c1", "large", VectorQuery(dense=new.dense, limit=1))
    assert found.dense[0].id == new.id


@pytest.mark.integration
@pytest.mark.parametrize("max_scan_tuples", [20_000, 1])
async def test_a_filter_that_passes_few_still_finds_them_all(
    pgvector_url: str, max_scan_tuples: int
) -> None:
    store = open_store(
        pgvector_url, graph_from=1_000, max_scan_tuples=max_scan_tuples, ef_search=10
    )
    many = await with_graph(store)
    for vector in rows(5, 98):
        small = await store.search("c1", "small", VectorQuery(dense=vector, limit=20))
        assert [hit.id for hit in small.dense] == nearest(points(30, 5_001), vector, 20)
        german = VectorQuery(dense=vector, limit=15, where={"language": ("de",)})
        found = await store.search("c1", "large", german)
        assert [hit.id for hit in found.dense] == nearest(many[3_000:], vector, 15)
        named = VectorQuery(dense=vector, limit=15, where={"document_id": ("other",)})
        assert (await store.search("c1", "large", named)).dense == ()
        none = VectorQuery(dense=vector, limit=15, where={"language": ()})
        assert (await store.search("c1", "large", none)).dense == ()
    await store.aclose()


@pytest.mark.integration
async def test_a_graph_whose_building_was_interrupted_is_built_again(
    store: PgvectorStore, pgvector_url: str
) -> None:
    await with_graph(store)
    state = "SELECT indexrelid, indisvalid FROM pg_index WHERE indexrelid = %s::regclass"
    name = '"cicerone_vectors"."points~c1~graph"'
    ((first, _),) = await ask(pgvector_url, state, name)
    await store.optimize("c1")
    assert await ask(pgvector_url, state, name) == [(first, True)], "once is enough"
    interrupt = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s"
    await ask(pgvector_url, interrupt, first)
    await store.optimize("c1")
    ((second, valid),) = await ask(pgvector_url, state, name)
    assert valid
    assert second != first


@pytest.mark.integration
@pytest.mark.parametrize(("dimensions", "graphs"), [(2_500, 1), (4_200, 0)])
async def test_long_vectors(pgvector_url: str, dimensions: int, graphs: int) -> None:
    store = open_store(pgvector_url, graph_from=10)
    await store.ensure("c1", IndexSpec(dimensions=dimensions))
    matrix = rows(12, 1, dimensions)
    made = [
        IndexPoint(id=id_of(n), document_id="d", dense=row, sparse=None)
        for n, row in enumerate(matrix, start=1)
    ]
    await store.upsert("c1", "t", made)
    await store.optimize("c1")
    built = await ask(pgvector_url, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%'")
    assert built == [(graphs,)]
    found = await store.search("c1", "t", VectorQuery(dense=matrix[4], limit=3))
    assert [hit.id for hit in found.dense] == nearest(made, matrix[4], 3)
    assert found.dense[0].score == pytest.approx(1.0, abs=1e-5)
    await store.aclose()


COUNTS = """
SELECT counted.lexeme, counted.df, actual.df
FROM (SELECT lexeme, sum(delta) AS df FROM cicerone_vectors."terms~c1" GROUP BY 1) AS counted
FULL JOIN (
    SELECT lexeme, count(*) AS df
    FROM cicerone_vectors."points~c1", unnest(tsvector_to_array(lexemes) || ARRAY['']) AS lexeme
    WHERE lexemes IS NOT NULL GROUP BY 1
) AS actual USING (lexeme)
WHERE coalesce(counted.df, 0) <> coalesce(actual.df, 0)
"""


@pytest.mark.integration
async def test_terms_are_counted_right_whoever_writes_at_once(
    store: PgvectorStore, pgvector_url: str
) -> None:
    await store.ensure("c1", SPEC)
    generator = np.random.default_rng(5)

    async def write(order: list[int], terms: list[int]) -> None:
        while True:
            try:
                await store.upsert("c1", "t", [worded(n, *terms) for n in order])
                await store.delete("c1", "t", [id_of(order[0])])
            except TransientProviderError:  # a deadlock is to be tried again
                continue
            else:
                return

    async def fold() -> None:
        async with store._server.connection() as connection:
            await connection.execute(store._sql("c1").compact())

    for _ in range(2):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                order = generator.permutation(np.arange(1, 30)).tolist()
                terms = generator.choice(50, 5, replace=False).tolist()
                group.start_soon(write, order, terms)
            for _ in range(2):
                group.start_soon(fold)
    assert await ask(pgvector_url, COUNTS) == []
    assert len(await store.ids("c1", "t")) > 20
    await fold()
    assert await ask(pgvector_url, COUNTS) == []
    rows_a_term = 'SELECT count(*), count(DISTINCT lexeme) FROM cicerone_vectors."terms~c1"'
    ((counted, distinct),) = await ask(pgvector_url, rows_a_term)
    assert counted == distinct > 1


@pytest.mark.integration
async def test_an_index_that_another_process_dropped_is_missing(
    store: PgvectorStore, pgvector_url: str
) -> None:
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(2))
    other = open_store(pgvector_url)
    await other.drop("c1")
    assert await store.count("c1", "t") == 0
    await other.ensure("c1", IndexSpec(dimensions=8))
    with pytest.raises(ProviderError, match=r"16 dimensions|8 dimensions"):
        await store.upsert("c1", "t", points(2))
    await other.aclose()


@pytest.mark.integration
async def test_many_processes_may_make_the_same_index_at_once(pgvector_url: str) -> None:
    stores = [open_store(pgvector_url, pool_max=1) for _ in range(6)]
    async with anyio.create_task_group() as group:
        for each in stores:
            group.start_soon(each.ensure, "c1", SPEC)
    for each in stores:
        assert await each.count("c1", "t") == 0
        await each.aclose()


@pytest.mark.integration
async def test_waiting_ends(pgvector_url: str) -> None:
    store = open_store(pgvector_url, statement_timeout_s=0.2, pool_max=1, pool_timeout_s=0.2)
    await store.ensure("c1", SPEC)
    async with await psycopg.AsyncConnection.connect(pgvector_url.replace("+psycopg", "")) as held:
        await held.execute('LOCK TABLE cicerone_vectors."points~c1"')
        with pytest.raises(TransientProviderError, match="timeout"):
            await store.count("c1", "t")
        await held.rollback()
    async with store._server.connection():
        with pytest.raises(TransientProviderError, match="couldn't get a connection"):
            await store.count("c1", "t")
    assert await store.count("c1", "t") == 0
    await store.aclose()


@pytest.mark.integration
async def test_lost_connections_are_replaced(own_postgres: Any) -> None:
    url = own_postgres.get_uri(driver="psycopg")
    store = open_store(url, pool_min=2, pool_timeout_s=1)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(3))
    async with anyio.create_task_group() as group:
        for _ in range(8):  # opens more of the pool
            group.start_soon(store.ids, "c1", "t")
    await ask(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    assert await store.count("c1", "t") == 3, "a connection that died while idle is not used"
    await anyio.to_thread.run_sync(own_postgres.stop)
    with pytest.raises(TransientProviderError):
        await store.count("c1", "t")
    assert (await store.check()).status is Status.UNAVAILABLE
    await anyio.to_thread.run_sync(own_postgres.start)
    assert await store.count("c1", "t") == 3
    assert (await store.check()).status is Status.READY
    await store.aclose()


@pytest.mark.integration
async def test_a_connection_lost_in_the_middle_leaves_nothing_half_written(
    store: PgvectorStore, pgvector_url: str
) -> None:
    await store.ensure("c1", SPEC)
    async with await psycopg.AsyncConnection.connect(pgvector_url.replace("+psycopg", "")) as held:
        await held.execute(
            "INSERT INTO cicerone_vectors.\"points~c1\" VALUES (%s, 't', 'd', '{}')", (id_of(600),)
        )
        failures: list[BaseException] = []

        async def write() -> None:
            try:
                await store.upsert("c1", "t", points(700))
            except TransientProviderError as error:
                failures.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(write)  # waits for the row that is held, in its second batch
            waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while not (found := await ask(pgvector_url, waiting)):  # noqa: ASYNC110 - a process
                await anyio.sleep(0.02)
            await ask(pgvector_url, "SELECT pg_terminate_backend(%s)", found[0][0])
        await held.rollback()
    assert len(failures) == 1
    assert await store.count("c1", "t") == 0
    await store.upsert("c1", "t", points(700))
    assert await store.count("c1", "t") == 700


@pytest.mark.integration
async def test_a_registry_made_before_idf_was_a_choice_is_brought_up_to_date(
    pgvector_url: str,
) -> None:
    first = open_store(pgvector_url)
    await first.ensure("c1", SPEC)
    await first.aclose()
    await ask(pgvector_url, "ALTER TABLE cicerone_vectors.indexes DROP COLUMN idf")
    for _ in range(2):
        again = open_store(pgvector_url)
        await again.ensure("c1", SPEC)
        await again.ensure("c2", IndexSpec(dimensions=16, idf=False))
        await again.aclose()
    found = await ask(pgvector_url, "SELECT name, idf FROM cicerone_vectors.indexes ORDER BY name")
    assert found == [("c1", True), ("c2", False)]
