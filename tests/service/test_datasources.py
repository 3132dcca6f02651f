"""Datasources as people set them up: what is kept, what is shown, what is refused."""

import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from data.database import Database
from data.migrate import upgrade
from graphs.text_to_sql.guard import judge
from graphs.text_to_sql.policy import load_policy
from providers.errors import QueryError, QueryTrouble
from providers.principal import Principal, Role
from providers.sql_types import Dialect, QueryLimits
from service.datasource_schemas import GuardRequest, NewDatasource, Statement
from service.datasource_urls import kept, refuse_own, resolved, without_password
from service.datasources import Datasources
from service.errors import (
    DatasourceExistsError,
    DatasourceInvalidError,
    DatasourceNotFoundError,
    ForbiddenError,
    SettingsError,
)
from service.sealing import KEY_FILE, Seal

POLICY = """
dialect: sqlite
tables: {orders: {tenant_column: shop}}
tenant_attribute: shop
"""
ADMIN = Principal(
    tenant_id="acme", subject="ann", roles=frozenset({Role.ADMIN}), attributes={"shop": "7"}
)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "orders.sqlite")) as connection:
        connection.executescript(
            "CREATE TABLE orders (id INTEGER, shop INTEGER, total INTEGER);"
            "CREATE TABLE staff (id INTEGER, pin TEXT);"
            "INSERT INTO orders VALUES (1, 7, 10), (2, 8, 20);"
        )
    return tmp_path / "orders.sqlite"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the service's tables once."""
    path = tmp_path_factory.mktemp("tables") / "cicerone.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def datasources(tmp_path: Path, tables: Path) -> AsyncIterator[Datasources]:
    home = tmp_path / "home"
    home.mkdir()
    url = f"sqlite+aiosqlite:///{home / 'cicerone.db'}"
    shutil.copy(tables, home)
    database = Database.open(url)
    opened = Datasources(database, home=home, database_url=url)
    yield opened
    await opened.aclose()
    await database.aclose()


def new(orders: Path, name: str = "orders", policy: str = POLICY) -> NewDatasource:
    return NewDatasource(name=name, url=f"sqlite:///{orders}", policy=load_policy(policy))


async def test_a_datasource_is_asked_within_the_callers_own_rows(
    datasources: Datasources, orders: Path
) -> None:
    await datasources.add(ADMIN, new(orders))
    found = await datasources.open(ADMIN, "orders")
    assert found.tenant == "7"
    report = await datasources.guard(
        ADMIN, "orders", GuardRequest(statements=[Statement(id="1", sql="SELECT * FROM orders")])
    )
    assert report.verdicts[0].verdict == "allow"
    result = await found.provider.run(
        report.verdicts[0].sql, {"cicerone_tenant": 7}, limits=QueryLimits()
    )
    assert result.rows == ((1, 7, 10),)


async def test_a_caller_without_the_attribute_sees_nothing(
    datasources: Datasources, orders: Path
) -> None:
    await datasources.add(ADMIN, new(orders))
    body = GuardRequest(statements=[Statement(id="1", sql="SELECT * FROM orders")])
    report = await datasources.guard(replace(ADMIN, attributes={}), "orders", body)
    assert report.verdicts[0].rule == "tenant"


async def test_statements_of_another_dialect_are_left_out(
    datasources: Datasources, orders: Path
) -> None:
    await datasources.add(ADMIN, new(orders))
    statements = [
        Statement(id="own", sql="SELECT id FROM orders", dialect="sqlite"),
        Statement(id="both", sql="SELECT id FROM orders", dialect="both"),
        Statement(id="other", sql="SELECT id::text FROM orders", dialect="postgres"),
        Statement(id="bad", sql="SELECT pin FROM staff"),
    ]
    report = await datasources.guard(ADMIN, "orders", GuardRequest(statements=statements))
    assert {one.id: one.verdict for one in report.verdicts} == {
        "own": "allow",
        "both": "allow",
        "bad": "reject",
    }
    body = GuardRequest(statements=statements, dialect=Dialect.POSTGRES, tenant="8")
    report = await datasources.guard(ADMIN, "orders", body)
    assert [one.id for one in report.verdicts] == ["both", "other", "bad"]
    assert '"public"."orders"' in report.verdicts[0].sql


async def test_a_changed_schema_is_seen_when_it_is_read_anew(
    datasources: Datasources, orders: Path
) -> None:
    await datasources.add(ADMIN, new(orders))
    before = (await datasources.open(ADMIN, "orders")).catalog
    with closing(sqlite3.connect(orders)) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN note TEXT")
    assert (await datasources.open(ADMIN, "orders")).catalog.key == before.key
    after = (await datasources.open(ADMIN, "orders", fresh=True)).catalog
    assert "note" in after.tables["orders"].columns
    assert after.key != before.key


async def test_a_column_that_went_away_since_is_said(
    datasources: Datasources, orders: Path
) -> None:
    await datasources.add(ADMIN, new(orders))
    found = await datasources.open(ADMIN, "orders")
    verdict = judge(
        "SELECT total FROM orders", found.catalog, tenant=found.tenant, limits=QueryLimits()
    )
    with closing(sqlite3.connect(orders)) as connection:
        connection.execute("ALTER TABLE orders DROP COLUMN total")
    with pytest.raises(QueryError, match="total") as caught:
        await found.provider.run(verdict.sql, verdict.params, limits=QueryLimits())
    assert caught.value.kind is QueryTrouble.BIND


@pytest.mark.parametrize(
    "url", ["postgresql://h:port/db", "postgresql://[::1/db", "://", "a://b:c", "mysql://h/db"]
)
async def test_an_address_that_is_none_is_said(datasources: Datasources, url: str) -> None:
    body = NewDatasource(name="bad", url=url, policy=load_policy(POLICY))
    with pytest.raises(DatasourceInvalidError, match="url"):
        await datasources.add(ADMIN, body)


async def test_a_check_tells_what_is_wrong(datasources: Datasources, orders: Path) -> None:
    await datasources.add(ADMIN, new(orders))
    assert (await datasources.check(ADMIN, "orders")).clean
    with closing(sqlite3.connect(orders)) as connection:
        connection.execute("DROP TABLE orders")
    found = await datasources.check(ADMIN, "orders")
    assert (found.status, found.clean) == ("invalid", False)
    orders.unlink()  # noqa: ASYNC240 - a test's own file
    assert (await datasources.check(ADMIN, "orders")).status == "unavailable"


async def test_what_cannot_be_used_is_refused(datasources: Datasources, orders: Path) -> None:
    with pytest.raises(DatasourceInvalidError, match="nosuch"):
        await datasources.add(ADMIN, new(orders, policy="{dialect: sqlite, tables: {nosuch: }}"))
    with pytest.raises(DatasourceInvalidError, match="cannot be opened"):
        await datasources.add(ADMIN, new(orders.with_name("no.sqlite")))
    reader = replace(ADMIN, roles=frozenset({Role.READER}))
    with pytest.raises(ForbiddenError):
        await datasources.add(reader, new(orders))
    await datasources.add(ADMIN, new(orders))
    with pytest.raises(DatasourceExistsError):
        await datasources.add(ADMIN, new(orders))
    await datasources.remove(ADMIN, "orders")
    with pytest.raises(DatasourceNotFoundError):
        await datasources.show(ADMIN, "orders")


async def test_the_services_own_database_is_no_datasource(
    datasources: Datasources, tmp_path: Path
) -> None:
    own = tmp_path / "home" / ".." / "home" / "cicerone.db"
    with pytest.raises(DatasourceInvalidError, match="own database"):
        await datasources.add(ADMIN, new(own))
    (tmp_path / "link.db").symlink_to(tmp_path / "home" / "cicerone.db")
    with pytest.raises(DatasourceInvalidError, match="own database"):
        await datasources.add(ADMIN, new(tmp_path / "link.db"))


def test_the_services_own_postgresql_is_no_datasource(tmp_path: Path) -> None:
    own = "postgresql+psycopg://svc:a@db.example/cicerone"
    with pytest.raises(DatasourceInvalidError, match="own database"):
        refuse_own("postgresql://me:b@db.example:5432/cicerone", home=tmp_path, database_url=own)
    with pytest.raises(DatasourceInvalidError, match="own database"):
        refuse_own("postgresql:///cicerone?host=db.example", home=tmp_path, database_url=own)
    refuse_own("postgresql://me:b@db.example/sales", home=tmp_path, database_url=own)


def test_a_password_is_kept_sealed_and_not_shown(tmp_path: Path) -> None:
    seal = Seal(tmp_path)
    url = "postgresql://me:hush@db.example/sales?password=quiet&sslmode=require"
    shown, sealed = kept(url, seal)
    assert shown == "postgresql://me@db.example/sales?sslmode=require"
    assert sealed is not None
    assert "hush" not in sealed
    assert resolved(shown, sealed, seal) == url
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    with pytest.raises(SettingsError, match="not the key"):
        resolved(shown, sealed, Seal(tmp_path / "other"))


def test_an_address_without_a_password_is_kept_as_it_is(tmp_path: Path) -> None:
    for url in ("sqlite:////srv/a.db", "postgresql://me@/db?host=/run/pg", "postgresql://a:@/b"):
        assert without_password(url) == url
    assert not (tmp_path / KEY_FILE).exists()


def test_an_address_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal(tmp_path)
    monkeypatch.setenv("SALES_URL", "sqlite:///x.db")
    assert resolved("env:SALES_URL", None, seal) == "sqlite:///x.db"
    (tmp_path / "url").write_text("sqlite:///y.db\n")
    assert resolved(f"file:{tmp_path / 'url'}", None, seal) == "sqlite:///y.db"
    with pytest.raises(DatasourceInvalidError, match="NOT_SET"):
        kept("env:NOT_SET", seal)
