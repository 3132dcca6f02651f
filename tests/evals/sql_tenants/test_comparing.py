"""A guarded statement sees what it would see if there were no other tenants."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.sql_tenants import grammar, world
from evals.sql_tenants.comparing import (
    Plain,
    TenantReport,
    compare,
    confined,
    fill,
    sqlite_alone,
)
from graphs.text_to_sql.catalog import Catalog
from providers.sql_datasource.postgres import PostgresConfig, PostgresDatasource
from providers.sql_datasource.sqlite import SqliteConfig, SqliteDatasource

CASES = int(os.environ.get("SQL_TENANT_CASES", "100"))
"""Statements an engine; `cicerone eval sql-tenants` makes more."""


@pytest.fixture
async def everyone(tmp_path: Path) -> tuple[SqliteDatasource, Catalog]:
    fill(tmp_path / "all.sqlite")
    config = SqliteConfig.model_validate({"url": str(tmp_path / "all.sqlite")})
    among_all = SqliteDatasource(config)
    return among_all, await confined(among_all)


@settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chance=st.randoms(use_true_random=False))
async def test_no_row_is_foreign_or_missing(
    everyone: tuple[SqliteDatasource, Catalog], chance: Random
) -> None:
    report = TenantReport()
    among_all, catalog = everyone
    with sqlite_alone() as alone:
        await compare(grammar.statement(chance), catalog, among_all, alone, report)
    assert not report.examples


async def test_rows_are_foreign_where_no_tenant_is_compared(
    everyone: tuple[SqliteDatasource, Catalog],
) -> None:
    among_all, catalog = everyone
    open_ = {key: replace(table, tenant_column=None) for key, table in catalog.tables.items()}
    report = TenantReport()
    with sqlite_alone() as alone:
        for seed in range(40):
            statement = grammar.statement(Random(seed))  # noqa: S311 - to be made again
            await compare(statement, replace(catalog, tables=open_), among_all, alone, report)
    assert report.foreign > 0


@pytest.fixture(scope="module")
def databases(postgres: str) -> Iterator[tuple[str, str]]:
    plain = postgres.replace("postgresql+psycopg://", "postgresql://")
    urls = {}
    with psycopg.connect(plain, autocommit=True) as admin:
        for name, statements in (("everyone", world.full()), ("alone", world.only())):
            admin.execute(f"CREATE DATABASE {name}".encode())
            urls[name] = plain.replace("/postgres?", f"/{name}?")
            with psycopg.connect(urls[name], autocommit=True) as made:
                made.execute(";".join(statements).encode())
    yield urls["everyone"], urls["alone"]
    with psycopg.connect(plain, autocommit=True) as admin:
        for name in urls:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def alone(databases: tuple[str, str]) -> Iterator[Plain]:
    with psycopg.connect(databases[1], autocommit=True) as connection:

        def plain(statement: str) -> list[tuple[object, ...]] | None:
            try:
                return connection.execute(statement.encode()).fetchall()
            except psycopg.Error:
                return None

        yield plain


@pytest.fixture
async def postgres_everyone(
    databases: tuple[str, str],
) -> AsyncIterator[tuple[PostgresDatasource, Catalog]]:
    among_all = PostgresDatasource(PostgresConfig.model_validate({"url": databases[0]}))
    yield among_all, await confined(among_all)
    await among_all.aclose()


@pytest.mark.integration
async def test_no_row_is_foreign_or_missing_in_postgresql(
    postgres_everyone: tuple[PostgresDatasource, Catalog], alone: Plain
) -> None:
    report = TenantReport()
    among_all, catalog = postgres_everyone
    for seed in range(CASES):
        await compare(grammar.statement(Random(seed)), catalog, among_all, alone, report)  # noqa: S311 - to be made again
    assert not report.examples
    assert report.rows > 0
