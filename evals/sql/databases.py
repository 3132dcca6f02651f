"""Databases of an evaluation: each opened once, with one policy or with everything shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from graphs.identity import config_for
from graphs.models import Models
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.graph import SqlGraph, build
from graphs.text_to_sql.opening import open_desk, read_catalog
from graphs.text_to_sql.policy import ColumnPolicy, Limits, Policy, TablePolicy
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import Context, SqlOutput, Wanted
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.template import Example
from providers.principal import Principal
from providers.protocols import SqlDatasource
from providers.sql_types import SqlSchema

MOST_ROWS = 100_000
"""Rows that a gold query may have."""
_TEXTS = ("char", "text", "clob", "string", "enum")


def open_policy(schema: SqlSchema) -> Policy:
    """Show every table and column to everyone, and index the values of all texts."""
    tables: dict[str, TablePolicy | None] = {
        table.key: TablePolicy(
            columns={
                column.name: ColumnPolicy(values=_is_text(column.type)) for column in table.columns
            }
        )
        for table in schema.tables
    }
    limits = Limits(rows=MOST_ROWS, seconds=30, bytes=100_000_000)
    return Policy(dialect=schema.dialect, tables=tables, limits=limits)


def _is_text(type_: str) -> bool:
    return any(word in type_.lower() for word in _TEXTS)


@dataclass(slots=True)
class Databases:
    """Opens databases by name, and asks the graph about them.

    `connect` returns a datasource; `policy` holds for all, without it each shows everything.
    """

    connect: Callable[[str], SqlDatasource]
    principal: Principal
    today: date
    route: Wanted = "all"
    policy: Policy | None = None
    examples: Sequence[Example] = ()
    likeness: Likeness = field(default_factory=lambda: Likeness(None))
    models: Models | None = None
    _desks: dict[str, Desk] = field(default_factory=dict)
    _graph: SqlGraph | None = None

    async def __call__(self, database: str, question: str) -> SqlOutput:
        """Ask one question."""
        if self._graph is None:
            settings = SqlSettings(today=self.today)
            self._graph = build(self, models=self.models, settings=settings).compile()
        context = Context(datasource=database, route=self.route)
        found: Mapping[str, Any] = await self._graph.ainvoke(
            {"question": question}, config_for(self.principal), context=context
        )
        return cast(SqlOutput, found)

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        """Return the desk of a database, as the graph wants it."""
        if fresh or name not in self._desks:
            self._desks[name] = await self._opened(principal, name)
        return self._desks[name]

    async def desk(self, database: str) -> Desk:
        """Return the desk of a database."""
        return await self.open(self.principal, database)

    async def aclose(self) -> None:
        """Close the databases."""
        for desk in self._desks.values():
            await desk.datasource.aclose()
        self._desks.clear()

    async def _opened(self, principal: Principal, name: str) -> Desk:
        datasource = self.connect(name)
        policy = self.policy or open_policy(await datasource.introspect())
        return await open_desk(
            name,
            datasource,
            await read_catalog(name, datasource, policy),
            limits=policy.query_limits,
            tenant=principal.tenant_id,
            today=self.today,
            examples=self.examples,
            likeness=self.likeness,
            values=MOST_ROWS,
        )
