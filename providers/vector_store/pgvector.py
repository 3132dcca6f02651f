"""PostgreSQL with pgvector: two tables an index, one statement a search."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

from anyio import to_thread
from pgvector import Vector
from psycopg import AsyncConnection, sql

from providers.errors import ProviderError
from providers.types import (
    Candidates,
    Health,
    IndexPoint,
    IndexSpec,
    Status,
    VectorQuery,
)
from providers.vector_store.naming import DENSE, DOCUMENT, SPARSE
from providers.vector_store.pgvector_config import PgvectorConfig
from providers.vector_store.pgvector_rows import asked, by_id, columns_of, hits_of
from providers.vector_store.pgvector_server import (
    REGISTRY,
    MissingTableError,
    PgvectorServer,
    extension_version,
)
from providers.vector_store.pgvector_sql import (
    Branches,
    IndexSql,
    conditions,
    has_graph,
)

R = TypeVar("R")
_BATCH = 100
"""Points a statement; the driver encodes them in the event loop, which must not wait long."""
_GRAPH = "graph"


class PgvectorStore:
    """Keeps indexes in PostgreSQL, for any number of processes."""

    config_type: ClassVar = PgvectorConfig

    def __init__(self, config: PgvectorConfig) -> None:
        self._config = config
        self._server = PgvectorServer(config)
        self._registry = sql.Identifier(config.schema_name, REGISTRY)
        self._specs: dict[str, IndexSpec] = {}

    async def ensure(self, index: str, spec: IndexSpec) -> None:
        """Create the index if it does not exist; an index of another spec is an error."""
        statements = self._sql(index)
        async with self._server.connection() as connection:
            found = await self._read_spec(connection, index)
        if found is None:
            async with self._server.making() as connection:
                found = await self._read_spec(connection, index)
                if found is None:
                    await self._make(connection, statements, index, spec)
                    found = spec
        if found != spec:
            raise ProviderError(
                f"the vector index {index} holds {found}, but {spec} was asked for: index the "
                "documents again with the new embedder"
            )
        self._specs[index] = spec

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        """Write points, all or none; an id that belongs to another tenant is left as it is."""
        if not points:
            return
        unique = list(by_id(points).items())

        async def write(connection: AsyncConnection, spec: IndexSpec) -> bool:
            for _, point in unique:
                _need_fit(index, spec, point)
            async with connection.transaction():
                for start in range(0, len(unique), _BATCH):
                    batch = dict(unique[start : start + _BATCH])
                    await self._write(connection, self._sql(index), tenant_id, batch)
            return True

        if await self._with_index(index, write) is None:
            raise ProviderError(f"there is no vector index {index}: make it before writing to it")

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        """Remove the tenant's points by id; unknown ids and a missing index are fine."""
        if ids:
            await self._delete(index, tenant_id, "id", ids)

    async def delete_document(self, index: str, tenant_id: str, document_id: str) -> None:
        """Remove every point of a document."""
        await self._delete(index, tenant_id, DOCUMENT, [document_id])

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        """Return the best points of each branch; a missing index returns none."""
        where, parameters = conditions(query.where)
        parameters |= {"tenant": tenant_id, "limit": query.limit}
        if query.dense is not None:
            parameters["dense"] = Vector(query.dense)
        if query.sparse is not None:
            parameters |= asked(query.sparse)

        async def look(connection: AsyncConnection, spec: IndexSpec) -> Candidates:
            branches = Branches(
                dimensions=spec.dimensions if query.dense is not None else None,
                sparse=spec.sparse and query.sparse is not None and len(query.sparse.indices) > 0,
                idf=spec.idf,
                where=where,
            )
            return await self._search(connection, self._sql(index), branches, parameters)

        return await self._with_index(index, look) or Candidates()

    async def count(self, index: str, tenant_id: str) -> int:
        """Count the tenant's points."""
        rows = await self._select(index, tenant_id, IndexSql.count)
        return int(rows[0][0]) if rows else 0

    async def ids(self, index: str, tenant_id: str) -> list[str]:
        """List the tenant's point ids."""
        return [str(row[0]) for row in await self._select(index, tenant_id, IndexSql.ids)]

    async def owners(self, index: str, tenant_id: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the document id of each of the tenant's points; unknown ids are left out."""
        rows = await self._select(index, tenant_id, IndexSql.owners, ids=list(ids)) if ids else []
        return dict(rows)

    async def indexes(self) -> list[str]:
        """List the names of all indexes, sorted."""
        async with self._server.connection() as connection:
            cursor = await connection.execute(
                sql.SQL('SELECT name FROM {} ORDER BY name COLLATE "C"').format(self._registry)
            )
            return [row[0] for row in await cursor.fetchall()]

    async def optimize(self, index: str) -> None:
        """Build the graph where enough points have none, and bring the statistics up to date."""

        async def look(_: AsyncConnection, spec: IndexSpec) -> IndexSpec:
            return spec

        spec = await self._with_index(index, look)
        if spec is not None:
            with suppress(MissingTableError):
                async with self._server.building() as connection:
                    await self._optimize(connection, self._sql(index), spec)

    async def drop(self, index: str) -> None:
        """Remove the index; a missing one is fine."""
        statements = self._sql(index)
        self._specs.pop(index, None)
        async with self._server.making() as connection:
            await connection.execute(statements.drop())
            await connection.execute(
                sql.SQL("DELETE FROM {} WHERE name = %s").format(self._registry), (index,)
            )

    async def check(self) -> Health:
        """Ask the server for its versions and count the indexes."""
        try:
            async with self._server.connection() as connection:
                info = connection.info
                extension = await extension_version(connection)
                cursor = await connection.execute(
                    sql.SQL("SELECT count(*), current_setting('server_version') FROM {}").format(
                        self._registry
                    )
                )
                row = await cursor.fetchone()
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="pgvector", detail=str(error))
        indexes, server = row or (0, "")
        detail = (
            f"PostgreSQL {server}, pgvector {extension}, {indexes} indexes in "
            f"{info.dbname}.{self._config.schema_name}"
        )
        return Health(status=Status.READY, plugin="pgvector", detail=detail)

    async def aclose(self) -> None:
        """Close the connections."""
        self._specs.clear()
        await self._server.aclose()

    def _sql(self, index: str) -> IndexSql:
        return IndexSql(self._config.schema_name, index)

    async def _with_index(
        self, index: str, work: Callable[[AsyncConnection, IndexSpec], Awaitable[R]]
    ) -> R | None:
        """Call `work` with a connection and the index's spec; None when there is no index."""
        self._sql(index)  # refuses a name before anything is sent
        try:
            async with self._server.connection() as connection:
                spec = self._specs.get(index) or await self._read_spec(connection, index)
                if spec is None:
                    return None
                self._specs[index] = spec
                return await work(connection, spec)
        except MissingTableError:  # another process dropped it
            self._specs.pop(index, None)
            return None

    async def _read_spec(self, connection: AsyncConnection, index: str) -> IndexSpec | None:
        cursor = await connection.execute(
            sql.SQL("SELECT dimensions, sparse, idf FROM {} WHERE name = %s").format(
                self._registry
            ),
            (index,),
        )
        row = await cursor.fetchone()
        return None if row is None else IndexSpec(dimensions=row[0], sparse=row[1], idf=row[2])

    async def _select(
        self,
        index: str,
        tenant_id: str,
        statement_of: Callable[[IndexSql], sql.Composed],
        **parameters: Any,
    ) -> list[tuple[Any, ...]]:
        given = {**parameters, "tenant": tenant_id}

        async def read(connection: AsyncConnection, _: IndexSpec) -> list[tuple[Any, ...]]:
            statement = statement_of(self._sql(index))
            return await (await connection.execute(statement, given)).fetchall()

        return await self._with_index(index, read) or []

    async def _delete(self, index: str, tenant_id: str, column: str, keys: Sequence[str]) -> None:
        async def remove(connection: AsyncConnection, _: IndexSpec) -> None:
            statement = self._sql(index).delete(column=column)
            await connection.execute(statement, {"tenant": tenant_id, "keys": list(keys)})

        await self._with_index(index, remove)

    async def _make(
        self, connection: AsyncConnection, statements: IndexSql, index: str, spec: IndexSpec
    ) -> None:
        for statement in statements.create(spec):
            await connection.execute(statement)
        await connection.execute(
            sql.SQL(
                "INSERT INTO {} (name, dimensions, sparse, idf) VALUES (%s, %s, %s, %s)"
            ).format(self._registry),
            (index, spec.dimensions, spec.sparse, spec.idf),
        )

    async def _write(
        self,
        connection: AsyncConnection,
        statements: IndexSql,
        tenant_id: str,
        points: dict[str, IndexPoint],
    ) -> None:
        """Replace points, by their ids, within a transaction.

        A row that another writer of this tenant added in between is seen after the first
        round and replaced in the next one, so that every term is counted once.
        """
        while points:
            columns = await to_thread.run_sync(columns_of, points)
            parameters = {"tenant": tenant_id, "keys": columns["ids"], **columns}
            await connection.execute(statements.delete(column="id"), parameters)
            done = await _ids(connection, statements.insert(), parameters)
            if len(done) < len(points):
                done |= await _ids(connection, statements.foreign(), parameters)
            points = {id_: point for id_, point in points.items() if id_ not in done}

    async def _search(
        self,
        connection: AsyncConnection,
        statements: IndexSql,
        branches: Branches,
        parameters: dict[str, Any],
    ) -> Candidates:
        if not branches.dimensions and not branches.sparse:
            return Candidates()
        rows = await (await connection.execute(statements.search(branches), parameters)).fetchall()
        hits = hits_of(rows)
        dense = hits.get(DENSE, [])
        if _GRAPH in hits and len(dense) < parameters["limit"]:
            # The filter passes few: the walk along the graph ended before it had enough.
            cursor = await connection.execute(statements.search_all(branches), parameters)
            dense = hits_of(await cursor.fetchall()).get(DENSE, [])
        return Candidates(dense=tuple(dense), sparse=tuple(hits.get(SPARSE, ())))

    async def _optimize(
        self, connection: AsyncConnection, statements: IndexSql, spec: IndexSpec
    ) -> None:
        name = statements.graph.as_string()
        cursor = await connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)
        )
        if (await cursor.fetchone()) == (False,):
            return  # another process is at it; closing the connection gives the lock back
        config = self._config
        cursor = await connection.execute(statements.state(), {"graph_from": config.graph_from})
        large, valid, stale = await cursor.fetchone() or (False, None, False)
        if stale:
            await connection.execute(statements.compact())
            await connection.execute(statements.analyze())
        if valid is False:  # an earlier build was interrupted
            await connection.execute(statements.drop_graph())
        if large and not valid and spec.dimensions and has_graph(spec.dimensions):
            await connection.execute(
                statements.build_graph(
                    spec.dimensions, m=config.m, ef_construction=config.ef_construction
                )
            )


async def _ids(
    connection: AsyncConnection, statement: sql.Composed, parameters: dict[str, Any]
) -> set[str]:
    return {row[0] for row in await (await connection.execute(statement, parameters)).fetchall()}


def _need_fit(index: str, spec: IndexSpec, point: IndexPoint) -> None:
    """Refuse a point that the index has no place for."""
    dimensions = None if point.dense is None else len(point.dense)
    if dimensions is not None and dimensions != spec.dimensions:
        raise ProviderError(
            f"the vector index {index} holds vectors of {spec.dimensions} dimensions, not "
            f"{dimensions}: index the documents again with the new embedder"
        )
    if point.sparse is not None and len(point.sparse.indices) and not spec.sparse:
        raise ProviderError(f"the vector index {index} holds no sparse vectors")
