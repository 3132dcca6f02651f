"""Verified questions: kept when a person approves them, and validated when the schema changes."""

from collections.abc import Mapping, Sequence

import anyio
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from data.database import Database
from data.models import ExampleState, SqlExample
from graphs.text_to_sql.guard import judge
from providers.errors import QueryError
from providers.principal import Principal, Role
from providers.sql_types import Cell, Dialect
from service.datasources import Datasources, OpenDatasource
from service.errors import ExampleInvalidError, ExampleNotFoundError, ForbiddenError
from service.sql_schemas import ExampleList, ExampleRead, NewExample


class SqlExamples:
    """The verified questions of the principal's tenant."""

    def __init__(self, database: Database, datasources: Datasources) -> None:
        self._database = database
        self._datasources = datasources
        self.version = 0
        """Counts what was approved or withdrawn in this process."""

    async def approve(self, principal: Principal, new: NewExample) -> ExampleRead:
        """Keep a question with its query; the principal's subject and the time stay with it.

        Raises:
            ForbiddenError: the principal may not edit.
            ExampleInvalidError: the guard or the database refuses the query.
        """
        (made,) = await self.approve_all(principal, [new])
        return made

    async def approve_all(
        self, principal: Principal, wanted: Sequence[NewExample]
    ) -> Sequence[ExampleRead]:
        """Keep several questions of one datasource, all of them or none."""
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("queries are approved by a principal with the role 'editor'")
        opened = await self._datasources.open(principal, wanted[0].datasource)
        queries = []
        for new in wanted:
            sql = literal_sql(new.sql, new.params, opened.catalog.dialect)
            problem = await _problem(sql, opened)
            if problem is not None:
                raise ExampleInvalidError(f"{new.question!r}: {problem}")
            queries.append(sql)
        made = []
        async with self._database.begin(principal) as tx:
            for new, sql in zip(wanted, queries, strict=True):
                row = await tx.sql_examples.add(
                    datasource=new.datasource,
                    question=new.question.strip(),
                    sql=sql,
                    schema_hash=opened.catalog.schema_hash,
                )
                made.append(ExampleRead.model_validate(row))
            detail = {"datasource": wanted[0].datasource, "count": len(made)}
            await tx.audit.add("sql.approved", target=made[0].id, detail=detail)
        self.version += 1
        return made

    async def list(self, principal: Principal, datasource: str) -> ExampleList:
        """List the verified questions of a datasource, oldest first."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.sql_examples.list(datasource)
        return ExampleList(examples=[ExampleRead.model_validate(row) for row in rows])

    async def withdraw(self, principal: Principal, example_id: str) -> None:
        """Take a verified question back.

        Raises:
            ForbiddenError: the principal may not edit.
            ExampleNotFoundError: there is none of that id.
        """
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("queries are withdrawn by a principal with the role 'editor'")
        async with self._database.begin(principal) as tx:
            if not await tx.sql_examples.remove(example_id):
                raise ExampleNotFoundError(f"there is no verified question {example_id!r}")
            await tx.audit.add("sql.withdrawn", target=example_id, detail={})
        self.version += 1

    async def valid(self, principal: Principal, opened: OpenDatasource) -> Sequence[SqlExample]:
        """Return the questions that fit the schema as it is; those of an older one are tried.

        One that no longer fits becomes stale, and says why; it comes back when it fits again.
        """
        schema = opened.catalog.schema_hash
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.sql_examples.list(opened.name)
        problems: dict[str, str | None] = {}
        for row in rows:
            if row.schema_hash != schema:
                problems[row.id] = await _problem(row.sql, opened)
        if problems:
            async with self._database.begin(principal) as tx:
                for example_id, problem in problems.items():
                    await tx.sql_examples.validated(example_id, schema_hash=schema, problem=problem)
        return [
            row
            for row in rows
            if problems.get(row.id, "" if row.state is ExampleState.STALE else None) is None
        ]


async def _problem(sql: str, opened: OpenDatasource) -> str | None:
    """Return why a query cannot be used, or None."""
    limits = opened.policy.query_limits
    verdict = await anyio.to_thread.run_sync(
        lambda: judge(sql, opened.catalog, tenant=opened.tenant, limits=limits)
    )
    if not verdict.allowed:
        return f"the guard refuses the query ({verdict.rule.value}): {verdict.message}"
    try:
        await opened.provider.plan(
            verdict.sql, verdict.params, limits=limits, settings=opened.settings
        )
    except QueryError as error:
        return f"the database refuses the query: {error}"
    return None


def literal_sql(sql: str, params: Mapping[str, Cell], dialect: Dialect) -> str:
    """Write a query with its parameters as literals, as verified queries are kept.

    Raises:
        ExampleInvalidError: the query cannot be read, or a parameter has no value.
    """
    if not params:
        return sql
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect.value)
    except SqlglotError as error:
        raise ExampleInvalidError("the query cannot be read") from error
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name not in params:
            raise ExampleInvalidError(f"the parameter {node.name!r} has no value")
        node.replace(exp.convert(params[node.name]))
    return tree.sql(dialect=dialect.value)
