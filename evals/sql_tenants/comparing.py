"""Runs generated statements twice: guarded among all tenants, and plain where only one lives."""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import anyio

from evals.sql_tenants import grammar, world
from graphs.text_to_sql.catalog import Catalog, build_catalog
from graphs.text_to_sql.guard import judge
from graphs.text_to_sql.guard.functions import ALLOWED
from providers import registry
from providers.errors import QueryError
from providers.protocols import SqlDatasource
from providers.sql_types import QueryLimits

_LIMITS = QueryLimits(rows=1_000_000, seconds=30.0, bytes=1_000_000_000)
_KEPT = 20
Plain = Callable[[str], list[tuple[object, ...]] | None]
"""Runs a statement where only one tenant lives; None when the database refuses it."""


@dataclass(slots=True, kw_only=True)
class TenantReport:
    """What came of the statements.

    `foreign` are those that gave a row which the tenant's own database does not give;
    `different` those whose results differ in any other way. `refused` were not let through by
    the guard, `failed` were refused by both databases. `rows` were compared.
    """

    cases: int = 0
    refused: int = 0
    failed: int = 0
    foreign: int = 0
    different: int = 0
    rows: int = 0
    examples: list[dict[str, str]] = field(default_factory=list)

    def wrong(self, statement: str, why: str) -> None:
        """Keep a statement that went wrong, among the first few."""
        if len(self.examples) < _KEPT:
            self.examples.append({"sql": statement, "why": why})


async def compare(
    statement: str, catalog: Catalog, among_all: SqlDatasource, alone: Plain, report: TenantReport
) -> None:
    """Run one statement twice and note how the results compare."""
    report.cases += 1
    verdict = judge(statement, catalog, tenant=world.TENANT, limits=_LIMITS)
    if not verdict.allowed:
        report.refused += 1
        return
    wanted = alone(statement)
    try:
        found = await among_all.run(verdict.sql, verdict.params, limits=_LIMITS)
    except QueryError as error:
        if wanted is None:
            report.failed += 1
            return
        report.different += 1
        report.wrong(statement, f"only the guarded one failed: {error}")
        return
    if wanted is None:
        report.failed += 1  # SQLite's own rules for names: nothing to compare with
        return
    report.rows += len(wanted)
    mine, theirs = Counter(map(repr, found.rows)), Counter(map(repr, wanted))
    if mine - theirs:
        report.foreign += 1
        report.wrong(statement, f"rows that are not the tenant's: {list(mine - theirs)[:3]}")
    elif theirs - mine:
        report.different += 1
        report.wrong(statement, f"rows that are missing: {list(theirs - mine)[:3]}")


async def run(cases: int, seed: int, told: Callable[[int], None] | None = None) -> TenantReport:
    """Compare generated statements on SQLite; `told` hears how many are done."""
    report = TenantReport()
    with tempfile.TemporaryDirectory(prefix="cicerone-") as folder:
        path = Path(folder) / "all.sqlite"
        await anyio.to_thread.run_sync(fill, path)
        among_all = registry.load(registry.SQL_DATASOURCE, "sqlite", {"url": str(path)})
        catalog = await confined(among_all)
        with sqlite_alone() as alone:
            for at in range(cases):
                # Each case has a seed of its own, so that one can be looked at alone.
                statement = grammar.statement(Random(f"{seed}:{at}"))
                await compare(statement, catalog, among_all, alone, report)
                if told is not None:
                    told(at + 1)
    return report


async def confined(among_all: SqlDatasource) -> Catalog:
    """Return the catalog of the whole database, and confine the datasource to it."""
    dialect = among_all.dialect
    catalog = build_catalog(await among_all.introspect(), world.policy(dialect))
    among_all.confine(catalog.reads, functions=ALLOWED[dialect])
    return catalog


def fill(path: Path) -> None:
    """Make the whole database."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in world.full():
            connection.execute(statement)
        connection.commit()


@contextmanager
def sqlite_alone() -> Iterator[Plain]:
    """Make the database of one tenant in memory, and yield what runs statements in it."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        for statement in world.only():
            connection.execute(statement)

        def plain(statement: str) -> list[tuple[object, ...]] | None:
            try:
                return connection.execute(statement).fetchall()
            except sqlite3.Error:
                return None

        yield plain
