"""The statements of the `pgvector` store; every one over points carries the tenant.

An index is two tables. `points~<index>` has a row a point: its vector, its term weights as a
`sparsevec`, and the terms once more as a `tsvector` under a GIN index, which finds the points
that share a term with a query. Those are scored exactly, by the product of the weights.

`terms~<index>` counts in how many points a term occurs, which the scores need. It is only ever
added to, so that writers do not wait for each other: a row says how a write changed the count,
and the sum of a term's rows is its count. The empty term counts the points that have terms.
`compact` folds the rows.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from providers.types import IndexSpec
from providers.vector_store.naming import DOCUMENT, TENANT, valid_index

PLACES = 1_000_000_000
"""Length of a `sparsevec`, at most what the type allows; term ids are folded into it."""
_VECTOR_GRAPH = 2_000
_HALF_GRAPH = 4_000
"""Dimensions up to which a graph can hold a `vector` or, at half the precision, a `halfvec`."""
_LONGEST = 40
"""Characters of an index's name in a table's; PostgreSQL cuts names at 63 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """The form of a search: `dimensions` of its vector if it has one, and its filter.

    `idf` says whether rare terms weigh more.
    """

    dimensions: int | None
    sparse: bool
    idf: bool
    where: sql.Composable


class IndexSql:
    """The statements over one index."""

    def __init__(self, schema: str, index: str) -> None:
        name = valid_index(index)
        if len(name) > _LONGEST:
            # No index may have a tilde in its name, so no other one is called like this.
            name = f"{name[:20]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        self._graph_name = f"points~{name}~graph"
        self.graph = sql.Identifier(schema, self._graph_name)
        self.points = sql.Identifier(schema, f"points~{name}")
        self.terms = sql.Identifier(schema, f"terms~{name}")

    def create(self, spec: IndexSpec) -> list[sql.Composed]:
        """Make the tables, empty."""
        dense = sql.SQL("vector({})").format(spec.dimensions) if spec.dimensions else None
        points = sql.SQL(
            "CREATE TABLE {} (id uuid PRIMARY KEY, tenant_id text NOT NULL, "
            "document_id text NOT NULL, payload jsonb NOT NULL, dense {}, "
            "weights sparsevec({}), lexemes tsvector)"
        ).format(self.points, dense or sql.SQL("vector"), PLACES)
        terms = sql.SQL(
            "CREATE TABLE {} (tenant_id text NOT NULL, lexeme text NOT NULL, delta bigint NOT NULL)"
        ).format(self.terms)
        indexes = [
            "CREATE INDEX ON {points} (tenant_id, document_id)",
            "CREATE INDEX ON {points} USING gin (payload jsonb_path_ops)",
            # Without it new entries wait in a list that every search would read.
            "CREATE INDEX ON {points} USING gin (lexemes) WITH (fastupdate = off)",
            "CREATE INDEX ON {terms} (tenant_id, lexeme) INCLUDE (delta)",
        ]
        return [points, terms, *(self._over_tables(text) for text in indexes)]

    def drop(self) -> sql.Composed:
        """Remove the tables."""
        return self._over_tables("DROP TABLE IF EXISTS {points}, {terms}")

    def insert(self) -> sql.Composed:
        """Add points whose id is free, count their terms, and return their ids."""
        return self._over_tables("""
            WITH made AS (
                INSERT INTO {points}
                SELECT id, %(tenant)s, document_id, payload, dense, weights, lexemes::tsvector
                FROM unnest(%(ids)s::uuid[], %(documents)s::text[], %(payloads)s::jsonb[],
                            %(dense)s::vector[], %(weights)s::sparsevec[], %(lexemes)s::text[])
                  AS batch (id, document_id, payload, dense, weights, lexemes)
                ORDER BY id
                ON CONFLICT (id) DO NOTHING
                RETURNING id, lexemes
            ), counted AS (
                INSERT INTO {terms}
                SELECT %(tenant)s, lexeme, count(*)
                FROM made, unnest(tsvector_to_array(lexemes) || ARRAY['']) AS lexeme
                WHERE lexemes IS NOT NULL
                GROUP BY lexeme
            )
            SELECT id::text FROM made""")

    def foreign(self) -> sql.Composed:
        """Return those of some ids that belong to another tenant."""
        return self._over_tables(
            "SELECT id::text FROM {points} WHERE id = ANY(%(ids)s::uuid[]) "
            "AND tenant_id <> %(tenant)s"
        )

    def delete(self, *, column: str) -> sql.Composed:
        """Remove the tenant's points by `id` or `document_id`, and take their terms back."""
        kind = {"id": sql.SQL("uuid[]"), DOCUMENT: sql.SQL("text[]")}[column]
        which = sql.SQL("{} = ANY(%(keys)s::{})").format(sql.Identifier(column), kind)
        return self._over_tables(
            """
            WITH gone AS (
                DELETE FROM {points} WHERE tenant_id = %(tenant)s AND {which} RETURNING lexemes
            )
            INSERT INTO {terms}
            SELECT %(tenant)s, lexeme, -count(*)
            FROM gone, unnest(tsvector_to_array(lexemes) || ARRAY['']) AS lexeme
            WHERE lexemes IS NOT NULL
            GROUP BY lexeme""",
            which=which,
        )

    def count(self) -> sql.Composed:
        """Count the tenant's points."""
        return self._over_tables("SELECT count(*) FROM {points} WHERE tenant_id = %(tenant)s")

    def ids(self) -> sql.Composed:
        """Return the ids of the tenant's points."""
        return self._over_tables("SELECT id::text FROM {points} WHERE tenant_id = %(tenant)s")

    def owners(self) -> sql.Composed:
        """Return the ids of some of the tenant's points and the documents they belong to."""
        return self._over_tables(
            "SELECT id::text, document_id FROM {points} "
            "WHERE id = ANY(%(ids)s::uuid[]) AND tenant_id = %(tenant)s"
        )

    def search(self, query: Branches) -> sql.Composed:
        """Return branch, id and score of the best points of each branch, in one statement.

        A row of the branch `graph` says that the dense branch may have gone along a graph.
        """
        parts = []
        if query.dimensions:
            parts += [self._dense(query, exact=False), self._has_graph()]
        if query.sparse:
            parts.append(self._sparse(query))
        return sql.SQL(" UNION ALL ").join(parts)

    def search_all(self, query: Branches) -> sql.Composed:
        """Return the best of the dense branch, having compared all that pass the filter."""
        return self._dense(query, exact=True)

    def _dense(self, query: Branches, *, exact: bool) -> sql.Composed:
        distance = _distance(query.dimensions)
        # No index can serve a sum.
        order = sql.SQL("({}) + 0").format(distance) if exact else distance
        return self._over_tables(
            "(SELECT 'dense', id::text, 1 - (dense <=> %(dense)s) FROM {points} "
            "WHERE tenant_id = %(tenant)s AND {where} AND dense IS NOT NULL "
            "ORDER BY {order} LIMIT %(limit)s)",
            where=query.where,
            order=order,
        )

    def _has_graph(self) -> sql.Composed:
        name = sql.Literal(self.graph.as_string())
        return sql.SQL("SELECT 'graph', NULL, 0 WHERE to_regclass({}) IS NOT NULL").format(name)

    def _sparse(self, query: Branches) -> sql.Composed:
        return self._over_tables(
            """
            (SELECT 'sparse', id::text, score FROM (
                SELECT id, -(weights <#> (
                    SELECT ('{{' || string_agg(place || ':' || weight, ',') || '}}/{places}')
                           ::sparsevec
                    FROM (
                        SELECT place, sum(weight * {rarity})
                        FROM unnest(%(lexemes)s::text[], %(places)s::integer[],
                                    %(weights)s::float8[]) AS asked (lexeme, place, weight),
                             LATERAL (SELECT sum(delta)::float8 FROM {terms} AS t WHERE
                                t.tenant_id = %(tenant)s AND t.lexeme = asked.lexeme) AS n (df),
                             (SELECT sum(delta)::float8 FROM {terms}
                              WHERE tenant_id = %(tenant)s AND lexeme = '') AS total (points)
                        WHERE df > 0
                        GROUP BY place
                    ) AS weighed (place, weight)
                )) AS score
                FROM {points}
                WHERE lexemes @@ %(any)s::tsquery AND tenant_id = %(tenant)s AND {where}
            ) AS scored ORDER BY score DESC, scored.id LIMIT %(limit)s)""",
            where=query.where,
            places=sql.Literal(PLACES),
            rarity=sql.SQL("ln((points + 1) / (df + 0.5))" if query.idf else "1"),
        )

    def _over_tables(self, text: str, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(points=self.points, terms=self.terms, **parts)

    def compact(self) -> sql.Composed:
        """Fold the rows of terms that have several into one each."""
        return self._over_tables("""
            WITH many AS (
                SELECT tenant_id, lexeme FROM {terms} GROUP BY 1, 2 HAVING count(*) > 1
            ), gone AS (
                DELETE FROM {terms} AS t USING many
                WHERE t.tenant_id = many.tenant_id AND t.lexeme = many.lexeme
                RETURNING t.tenant_id, t.lexeme, t.delta
            )
            INSERT INTO {terms}
            SELECT tenant_id, lexeme, sum(delta) FROM gone GROUP BY 1, 2 HAVING sum(delta) <> 0""")

    def analyze(self) -> sql.Composed:
        """Tell the planner what the tables hold."""
        return self._over_tables("ANALYZE {points}, {terms}")

    def state(self) -> sql.Composed:
        """Return what is to be done.

        Are there `graph_from` points; is the graph valid (NULL without one); is so much new
        that the planner should be told.
        """
        return self._over_tables(
            """
            SELECT (SELECT count(*) FROM (SELECT FROM {points} LIMIT %(graph_from)s) AS few)
                   >= %(graph_from)s,
                   (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({graph})),
                   (SELECT n_mod_since_analyze > n_live_tup / 10
                    FROM pg_stat_user_tables WHERE relid = {name}::regclass)""",
            graph=sql.Literal(self.graph.as_string()),
            name=sql.Literal(self.points.as_string()),
        )

    def build_graph(self, dimensions: int, *, m: int, ef_construction: int) -> sql.Composed:
        """Build the graph; writes go on meanwhile."""
        dense, operators = _indexed(dimensions)
        return self._over_tables(
            "CREATE INDEX CONCURRENTLY {name} ON {points} USING hnsw (({dense}) {operators}) "
            "WITH (m = {m}, ef_construction = {ef_construction})",
            name=sql.Identifier(self._graph_name),
            dense=dense,
            operators=operators,
            m=sql.Literal(m),
            ef_construction=sql.Literal(ef_construction),
        )

    def drop_graph(self) -> sql.Composed:
        """Remove the graph; searches compare every vector then."""
        return sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(self.graph)


def conditions(where: Mapping[str, tuple[str, ...]]) -> tuple[sql.Composable, dict[str, Any]]:
    """Return the filter of a search and its parameters."""
    parts: list[sql.Composable] = [sql.SQL("true")]
    parameters: dict[str, Any] = {}
    for number, (key, values) in enumerate(where.items()):
        if key in (DOCUMENT, TENANT):
            name = f"where_{number}"
            parameters[name] = list(values)
            column, wanted = sql.Identifier(key), sql.Placeholder(name)
            parts.append(sql.SQL("{} = ANY({}::text[])").format(column, wanted))
            continue
        # A list of JSON values could not use the index; alternatives can.
        names = [f"where_{number}_{part}" for part in range(len(values))]
        parameters |= {name: Jsonb({key: value}) for name, value in zip(names, values, strict=True)}
        either: list[sql.Composable] = [
            sql.SQL("payload @> {}").format(sql.Placeholder(name)) for name in names
        ]
        parts.append(sql.SQL("({})").format(sql.SQL(" OR ").join(either or [sql.SQL("false")])))
    return sql.SQL(" AND ").join(parts), parameters


def has_graph(dimensions: int | None) -> bool:
    """Tell whether pgvector can build a graph over vectors of this length."""
    return dimensions is not None and dimensions <= _HALF_GRAPH


def _indexed(dimensions: int) -> tuple[sql.Composable, sql.SQL]:
    """Return what the graph is built over, and its operators."""
    if dimensions <= _VECTOR_GRAPH:
        return sql.SQL("dense"), sql.SQL("vector_cosine_ops")
    return sql.SQL("dense::halfvec({})").format(sql.Literal(dimensions)), sql.SQL(
        "halfvec_cosine_ops"
    )


def _distance(dimensions: int | None) -> sql.Composable:
    """Return the distance as the graph knows it."""
    if dimensions is None or dimensions <= _VECTOR_GRAPH or not has_graph(dimensions):
        return sql.SQL("dense <=> %(dense)s")
    length = sql.Literal(dimensions)
    return sql.SQL("dense::halfvec({0}) <=> %(dense)s::halfvec({0})").format(length)
