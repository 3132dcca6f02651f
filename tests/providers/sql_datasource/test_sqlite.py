"""The second layer on SQLite: whatever a statement says, it reads what it may and no more."""

import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from providers.errors import QueryError, QueryTrouble
from providers.sql_datasource.sqlite import SqliteConfig, SqliteDatasource
from providers.sql_types import QueryLimits
from providers.types import Status

LIMITS = QueryLimits(rows=100, seconds=5.0)
READS = {"parts": ("id", "name", "weight"), "heavy": ("name",)}
SCHEMA = """
CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT, weight REAL, price INTEGER);
CREATE TABLE makers (id INTEGER PRIMARY KEY, part_id INTEGER REFERENCES parts(id), pin TEXT);
CREATE VIEW heavy AS SELECT parts.name, makers.pin FROM parts JOIN makers ON part_id = parts.id
  WHERE weight > 2;
INSERT INTO parts VALUES (1, 'bolt', 0.5, 3), (2, 'gear', 4.5, 90), (3, NULL, 9, 1);
INSERT INTO makers VALUES (1, 2, '1234');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "parts.sqlite")) as connection:
        connection.executescript(SCHEMA)
    return tmp_path / "parts.sqlite"


@pytest.fixture
def parts(path: Path) -> SqliteDatasource:
    found = SqliteDatasource(SqliteConfig.model_validate({"url": f"sqlite:///{path}"}))
    found.confine(READS, functions=["count", "upper", "sum", "length", "printf"])
    return found


async def kind_of(parts: SqliteDatasource, sql: str, limits: QueryLimits = LIMITS) -> QueryTrouble:
    with pytest.raises(QueryError) as caught:
        await parts.run(sql, {}, limits=limits)
    return caught.value.kind


async def test_rows_come_with_the_names_of_their_columns(parts: SqliteDatasource) -> None:
    found = await parts.run(
        "SELECT name, weight FROM parts WHERE id = :id", {"id": 2, "more": 1}, limits=LIMITS
    )
    assert found.columns == ("name", "weight")
    assert found.rows == (("gear", 4.5),)
    assert not found.truncated


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT price FROM parts",
        "SELECT pin FROM makers",
        "SELECT count(*) FROM makers",
        "SELECT name FROM parts WHERE EXISTS (SELECT 1 FROM makers WHERE pin = '1234')",
        "SELECT name FROM sqlite_master",
        "SELECT count(*) FROM sqlite_master",
        "SELECT * FROM pragma_table_info('makers')",
        "SELECT count(*) FROM pragma_table_list",
        "SELECT lower(name) FROM parts",
        "SELECT load_extension('x')",
        "WITH heavy AS (SELECT price FROM parts) SELECT * FROM heavy",
        "WITH parts AS (SELECT pin FROM makers) SELECT * FROM parts",
        "INSERT INTO parts (name) VALUES ('x')",
        "UPDATE parts SET name = 'x'",
        "DELETE FROM parts",
        "DROP TABLE parts",
        "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x (a)",
        "ATTACH ':memory:' AS other",
        "PRAGMA query_only = OFF",
        "PRAGMA table_info(parts)",
        "VACUUM INTO '/tmp/cicerone-copy.db'",
        "BEGIN IMMEDIATE",
        "SAVEPOINT x",
        "REINDEX",
        "ANALYZE",
    ],
)
async def test_what_is_not_allowed_is_refused(parts: SqliteDatasource, sql: str) -> None:
    assert await kind_of(parts, sql) is QueryTrouble.REFUSED


async def test_an_exposed_view_reads_its_tables_for_itself(parts: SqliteDatasource) -> None:
    found = await parts.run("SELECT name FROM heavy", {}, limits=LIMITS)
    assert found.rows == (("gear",),)
    assert await kind_of(parts, "SELECT pin FROM heavy") is QueryTrouble.REFUSED


async def test_rows_of_a_query_in_with_may_be_counted(parts: SqliteDatasource) -> None:
    sql = "WITH x AS (SELECT name FROM parts ORDER BY weight LIMIT 2) SELECT count(*) FROM x"
    assert (await parts.run(sql, {}, limits=LIMITS)).rows == ((2,),)


async def test_nothing_can_be_read_before_it_is_said_what(path: Path) -> None:
    unconfined = SqliteDatasource(SqliteConfig.model_validate({"url": str(path)}))
    assert await kind_of(unconfined, "SELECT name FROM parts") is QueryTrouble.REFUSED


async def test_two_statements_are_refused(parts: SqliteDatasource) -> None:
    kind = await kind_of(parts, "SELECT name FROM parts; SELECT name FROM parts")
    assert kind in {QueryTrouble.BIND, QueryTrouble.FAILED}


async def test_an_endless_statement_ends_at_its_limit(parts: SqliteDatasource) -> None:
    endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT sum(n) FROM r"
    short = QueryLimits(seconds=0.1)
    with anyio.fail_after(2):
        assert await kind_of(parts, endless, short) is QueryTrouble.TIMEOUT


@pytest.fixture
def large(path: Path) -> SqliteDatasource:
    """Two tables of 3,000 rows, one of which has a key of the other."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE one (id INTEGER PRIMARY KEY, n INTEGER);"
            "CREATE TABLE two (id INTEGER PRIMARY KEY, one_id INTEGER);"
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3000)"
            " INSERT INTO one SELECT n, n FROM r;"
            "INSERT INTO two SELECT id, id FROM one;"
        )
    found = SqliteDatasource(SqliteConfig.model_validate({"url": str(path)}))
    found.confine({"one": ("id", "n"), "two": ("id", "one_id")}, functions=["count", "sum"])
    return found


async def test_a_cross_join_of_large_tables_ends_at_its_steps(large: SqliteDatasource) -> None:
    limits = QueryLimits(seconds=60.0, steps=2_000_000)
    crossed = "SELECT sum(one.n * two.one_id) FROM one, two"
    with pytest.raises(QueryError) as caught:
        await large.run(crossed, {}, limits=limits)
    assert caught.value.kind is QueryTrouble.COST
    assert "2,000,000 steps" in str(caught.value) and "limits.steps" in str(caught.value)
    # Joined by their keys the same tables are well within; so is the cross join with more steps.
    joined = "SELECT sum(one.n * two.one_id) FROM one JOIN two ON two.one_id = one.id"
    assert (await large.run(joined, {}, limits=limits)).rows == ((9_004_500_500,),)
    more = QueryLimits(seconds=60.0, steps=200_000_000)
    assert (await large.run(crossed, {}, limits=more)).rows == ((4_501_500**2,),)


async def test_time_that_is_over_is_not_taken_for_too_many_steps(large: SqliteDatasource) -> None:
    crossed = "SELECT count(*) FROM one, two, one AS a, two AS b"
    both = QueryLimits(seconds=0.1, steps=10**12)
    assert await kind_of(large, crossed, both) is QueryTrouble.TIMEOUT


async def test_ten_million_rows_stop_at_the_limits(parts: SqliteDatasource) -> None:
    many = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10000000) "
        "SELECT n, 'abcdefghij' AS word FROM r"
    )
    found = await parts.run(many, {}, limits=LIMITS)
    assert (len(found.rows), found.truncated_by) == (100, "rows")
    small = QueryLimits(rows=1000, bytes=1_000)
    found = await parts.run(many, {}, limits=small)
    assert (found.truncated, found.truncated_by) == (True, "bytes")
    assert len(found.rows) < 100


async def test_a_huge_value_is_not_made(parts: SqliteDatasource) -> None:
    found = await parts.run("SELECT printf('%.*c', 100000000, 'x')", {}, limits=LIMITS)
    assert found.rows == ((None,),)


@pytest.mark.parametrize(
    "sql", ["SELECT nosuch FROM parts", "SELECT * FROM nowhere", "SELECT FROM", "SELECT upper()"]
)
async def test_a_name_that_does_not_fit_is_said(parts: SqliteDatasource, sql: str) -> None:
    assert await kind_of(parts, sql) is QueryTrouble.BIND


async def test_a_plan_binds_without_running(parts: SqliteDatasource) -> None:
    plan = await parts.plan("SELECT name FROM parts WHERE id = :id", {"id": 1}, limits=LIMITS)
    assert "parts" in plan.text
    with pytest.raises(QueryError, match="no such column"):
        await parts.plan("SELECT nosuch FROM parts", {}, limits=LIMITS)


async def test_the_schema_tells_keys_and_views(parts: SqliteDatasource) -> None:
    schema = await parts.introspect()
    tables = {table.name: table for table in schema.tables}
    assert tables["heavy"].is_view
    columns = {column.name: column for column in tables["makers"].columns}
    assert columns["id"].primary_key
    assert columns["part_id"].references == ("parts", "id")
    assert (await parts.introspect()).hash == schema.hash


async def test_values_are_distinct_texts_of_some_rows(parts: SqliteDatasource) -> None:
    assert await parts.values("parts", "name", limit=5) == ["bolt", "gear"]
    assert await parts.values("parts", "name", limit=5, where={"id": 2}) == ["gear"]


async def test_a_file_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    gone = SqliteDatasource(SqliteConfig.model_validate({"url": f"sqlite:///{tmp_path}/no.db"}))
    assert (await gone.check()).status is Status.UNAVAILABLE
    with pytest.raises(QueryError) as caught:
        await gone.introspect()
    assert caught.value.kind is QueryTrouble.UNAVAILABLE
    assert not (tmp_path / "no.db").exists()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, only a long enough text " * 50)
    other = SqliteDatasource(SqliteConfig.model_validate({"url": f"{tmp_path}/text.db"}))
    assert (await other.check()).status is Status.UNAVAILABLE
