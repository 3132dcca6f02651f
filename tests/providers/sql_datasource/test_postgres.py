"""The second layer on a real PostgreSQL: nothing is written, and nothing stays on a connection."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import psycopg
import pytest

from providers.errors import QueryError, QueryTrouble
from providers.sql_datasource.postgres import PostgresConfig, PostgresDatasource
from providers.sql_types import Dialect, QueryLimits
from providers.types import Status
from tests.filled_postgres import filled_database

pytestmark = pytest.mark.integration
LIMITS = QueryLimits(rows=100, seconds=5.0)
SCHEMA = """
CREATE SCHEMA depot;
CREATE TABLE parts (id int PRIMARY KEY, tenant int, name text, price int);
CREATE TABLE depot.stock (part_id int REFERENCES parts(id), amount numeric(10, 2), at date);
COMMENT ON COLUMN parts.name IS 'what it is called';
INSERT INTO parts VALUES (1, 7, 'bolt', 3), (2, 8, 'gear', 90), (3, 7, NULL, 1);
INSERT INTO depot.stock VALUES (1, 2.50, '2024-01-02');
CREATE ROLE modest LOGIN;
GRANT USAGE ON SCHEMA public TO modest;
GRANT SELECT (id, tenant, name) ON parts TO modest;
ALTER TABLE parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parts TO modest
  USING (tenant = coalesce(nullif(current_setting('app.tenant', true), ''), '0')::int);
"""


@pytest.fixture(scope="module")
def url(postgres: str) -> Iterator[str]:
    with filled_database(postgres, "parts", SCHEMA, role="modest") as own:
        yield own


@pytest.fixture
async def parts(url: str) -> AsyncIterator[PostgresDatasource]:
    """One connection only: what a statement leaves on it, the next one would find."""
    found = PostgresDatasource(PostgresConfig.model_validate({"url": url, "connections": 1}))
    yield found
    await found.aclose()


@pytest.fixture
async def modest(url: str) -> AsyncIterator[PostgresDatasource]:
    config = {"url": url.replace("postgres:@", "modest:@"), "connections": 1}
    found = PostgresDatasource(PostgresConfig.model_validate(config))
    yield found
    await found.aclose()


async def one(parts: PostgresDatasource, sql: str, **params: Any) -> Any:
    return (await parts.run(sql, params, limits=LIMITS)).rows[0][0]


async def kind_of(parts: PostgresDatasource, sql: str, limits: QueryLimits = LIMITS) -> Any:
    with pytest.raises(QueryError) as caught:
        await parts.run(sql, {}, limits=limits)
    return caught.value.kind


async def test_rows_come_with_columns_and_bound_values(parts: PostgresDatasource) -> None:
    found = await parts.run(
        "SELECT name, '100%' AS \":id\" FROM parts WHERE id = :id", {"id": 2}, limits=LIMITS
    )
    assert (found.columns, found.rows) == (("name", ":id"), (("gear", "100%"),))


POISON = [
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT pg_catalog.set_config('statement_timeout', '0', false)",
    """SELECT "set_config"('statement_timeout', '0', false) FROM parts""",
    "SELECT set_config('statement_timeout', 0::text, 1 = 2) FROM generate_series(1, 3)",
    "SELECT set_config('app.tenant', '8', false)",
    "SELECT set_config('role', 'modest', false)",
    "SELECT set_config('session_authorization', 'modest', false)",
    "SELECT set_config('search_path', 'depot', false)",
    "SELECT set_config('TimeZone', 'Asia/Tokyo', false)",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "WITH x AS MATERIALIZED (SELECT set_config('work_mem', '64kB', false)) SELECT * FROM x",
    "SELECT * FROM (SELECT set_config('lock_timeout', '9', false)) s, parts",
    "SELECT * FROM parts WHERE set_config('app.tenant', '8', false) = '8'",
    "SELECT (xpath('/', query_to_xml('SELECT set_config(''app.tenant'',''8'',false)', true, true,"
    " '')))[1]::text",
    "SELECT pg_advisory_lock(42)",
    "SELECT pg_try_advisory_lock(42) FROM parts",
]


@pytest.mark.parametrize("sql", POISON)
async def test_a_connection_is_as_new_after_a_poisonous_statement(
    parts: PostgresDatasource, sql: str
) -> None:
    state = (
        "SELECT current_setting('statement_timeout') || current_setting('search_path') "
        "|| coalesce(current_setting('app.tenant', true), '') || current_user || session_user "
        "|| current_setting('TimeZone') || current_setting('work_mem') "
        "|| current_setting('default_transaction_read_only') || current_setting('lock_timeout') "
        "|| current_setting('transaction_read_only') "
        "|| (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')::text"
    )
    process = await one(parts, "SELECT pg_backend_pid()")
    before = await one(parts, state)
    try:
        await parts.run(sql, {}, limits=LIMITS)
    except QueryError as error:
        assert error.kind is not QueryTrouble.UNAVAILABLE
    assert await one(parts, state) == before
    assert await one(parts, "SELECT pg_backend_pid()") == process


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT; DELETE FROM parts",
        "DELETE FROM parts RETURNING id",
        "COMMIT",
        "WITH x AS (DELETE FROM parts RETURNING id) SELECT * FROM x",
        "SELECT nextval('x')",
        "SELECT lo_create(0)",
        "CREATE TABLE x AS SELECT 1",
        "SELECT * FROM parts FOR UPDATE",
    ],
)
async def test_what_writes_fails_and_changes_nothing(parts: PostgresDatasource, sql: str) -> None:
    assert await kind_of(parts, sql) in {QueryTrouble.BIND, QueryTrouble.REFUSED}
    assert await one(parts, "SELECT count(*) FROM parts") == 3


async def test_a_slow_statement_ends_at_its_limit(parts: PostgresDatasource) -> None:
    with anyio.fail_after(3):
        kind = await kind_of(parts, "SELECT pg_sleep(60)", QueryLimits(seconds=0.2))
    assert kind is QueryTrouble.TIMEOUT
    assert await one(parts, "SELECT 1") == 1


async def test_ten_million_rows_stop_at_the_limit(parts: PostgresDatasource) -> None:
    many = "SELECT a * 3000 + b AS n FROM generate_series(1, 3200) a, generate_series(1, 3200) b"
    found = await parts.run(many, {}, limits=LIMITS)
    assert (len(found.rows), found.truncated_by) == (100, "rows")


async def test_a_plan_tells_the_cost_and_refuses_too_much(parts: PostgresDatasource) -> None:
    sql = "SELECT name FROM parts WHERE id = :id"
    plan = await parts.plan(sql, {"id": 1}, limits=LIMITS)
    assert plan.cost is not None
    assert "parts" in plan.text
    with pytest.raises(QueryError) as caught:
        await parts.plan("SELECT 1 FROM parts a, parts b", {}, limits=QueryLimits(cost=1.0))
    assert caught.value.kind is QueryTrouble.COST


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT nosuch FROM parts", QueryTrouble.BIND),
        ("SELECT id FROM nowhere", QueryTrouble.BIND),
        ("SELECT id + name FROM parts", QueryTrouble.BIND),
        ("SELECT 1 / (id - id) FROM parts", QueryTrouble.FAILED),
        ("SELECT name::int FROM parts", QueryTrouble.FAILED),
    ],
)
async def test_errors_say_what_is_wrong(
    parts: PostgresDatasource, sql: str, kind: QueryTrouble
) -> None:
    assert await kind_of(parts, sql) is kind


async def test_the_schema_has_keys_comments_and_other_schemas(parts: PostgresDatasource) -> None:
    schema = await parts.introspect()
    tables = {table.key: table for table in schema.tables}
    assert schema.dialect is Dialect.POSTGRES
    assert set(tables) == {"parts", "depot.stock"}
    columns = {column.name: column for column in tables["parts"].columns}
    assert columns["id"].primary_key
    assert columns["name"].comment == "what it is called"
    assert tables["depot.stock"].columns[0].references == ("parts", "id")


async def test_values_are_distinct_texts_of_some_rows(parts: PostgresDatasource) -> None:
    assert await parts.values("parts", "name", limit=5) == ["bolt", "gear"]
    assert await parts.values("parts", "name", limit=5, where={"tenant": 8}) == ["gear"]


async def test_settings_hold_for_one_statement(modest: PostgresDatasource) -> None:
    async def names(**settings: str) -> list[Any]:
        found = await modest.run(
            "SELECT id FROM parts ORDER BY id", {}, limits=LIMITS, settings=settings
        )
        return [row[0] for row in found.rows]

    assert await names(**{"app.tenant": "8"}) == [2]
    assert await names() == []


async def test_a_login_that_may_too_much_is_found_out(parts: PostgresDatasource) -> None:
    report = await parts.access({"parts": ("id", "name", "tenant")})
    text = "\n".join(report.findings)
    assert "superuser" in text
    assert "parts.price" in text
    assert "depot.stock" in text
    assert 'GRANT SELECT ("id", "name", "tenant") ON "public"."parts"' in report.advice


async def test_the_advice_makes_a_login_without_findings(
    parts: PostgresDatasource, url: str
) -> None:
    reads = {"parts": ("id", "name")}
    advice = (await parts.access(reads)).advice
    with psycopg.connect(url, autocommit=True) as admin:
        for statement in _statements(advice):
            admin.execute(statement.encode())
    login = url.replace("postgres:@", "cicerone_reader:choose-one@")
    reader = PostgresDatasource(PostgresConfig.model_validate({"url": login}))
    try:
        report = await reader.access(reads)
        assert await kind_of(reader, "SELECT price FROM parts") is QueryTrouble.REFUSED
        assert await kind_of(reader, "SELECT set_config('a.b', 'c', false)") is QueryTrouble.REFUSED
    finally:
        await reader.aclose()
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("DROP OWNED BY cicerone_reader; DROP ROLE cicerone_reader")
    assert report.findings == ()
    assert report.role == "cicerone_reader"


def _statements(advice: str) -> list[str]:
    lines = "\n".join(line for line in advice.splitlines() if not line.startswith("--"))
    return [part for part in lines.split(";\n") if part.strip()] if "$$" not in lines else [lines]


async def test_a_server_that_is_gone_is_unavailable() -> None:
    config = {"url": "postgresql://nobody:hush@127.0.0.1:9/none", "connect_s": 1}
    gone = PostgresDatasource(PostgresConfig.model_validate(config))
    try:
        health = await gone.check()
        assert health.status is Status.UNAVAILABLE
        assert "hush" not in health.detail
    finally:
        await gone.aclose()


def test_an_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="postgresql://") as caught:
        PostgresConfig.model_validate({"url": "mysql://me:hush@host/db"})
    assert "hush" not in str(caught.value)
