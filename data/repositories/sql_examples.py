"""Where verified questions and their queries are kept."""

from collections.abc import Sequence

from sqlalchemy import Select, select, update

from data.columns import now
from data.models import ExampleState, SqlExample
from data.repositories.base import Repository, new_id


class SqlExampleRepository(Repository):
    """The verified questions of a tenant."""

    async def add(
        self, *, datasource: str, question: str, sql: str, schema_hash: str
    ) -> SqlExample:
        """Keep a pair that the principal approves now; an older one of the question goes."""
        for old in await self._all(_of(datasource).where(SqlExample.question == question)):
            await self.remove(old.id)
        at = now()
        row = SqlExample(
            id=new_id(),
            datasource=datasource,
            question=question,
            sql=sql,
            state=ExampleState.APPROVED,
            approved_by=self._principal.subject,
            approved_at=at,
            schema_hash=schema_hash,
            validated_at=at,
        )
        await self._add(row)
        return row

    async def get(self, example_id: str) -> SqlExample | None:
        """Return the pair with that id."""
        return await self._one(select(SqlExample).where(SqlExample.id == example_id))

    async def list(self, datasource: str) -> Sequence[SqlExample]:
        """Return the pairs of a datasource, oldest first."""
        return await self._all(_of(datasource).order_by(SqlExample.approved_at, SqlExample.id))

    async def validated(self, example_id: str, *, schema_hash: str, problem: str | None) -> None:
        """Write down how a pair fared against a schema; with a problem it is stale."""
        state = ExampleState.APPROVED if problem is None else ExampleState.STALE
        values = {
            "state": state, "schema_hash": schema_hash, "validated_at": now(), "problem": problem,
        }  # fmt: skip
        await self._change(update(SqlExample).where(SqlExample.id == example_id).values(values))

    async def remove(self, example_id: str) -> bool:
        """Withdraw a pair; False when there is none."""
        statement = update(SqlExample).where(SqlExample.id == example_id)
        return bool(await self._change(statement.values(deleted_at=now())))


def _of(datasource: str) -> Select[SqlExample]:
    return select(SqlExample).where(SqlExample.datasource == datasource)
