"""Joins tables along foreign keys, when there is exactly one way to."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.rules.spec import RuleError

MAX_TABLES: Final = 4


class JoinError(RuleError):
    """There is no way to join the tables, or more than one."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A foreign key: many rows of `child` belong to one row of `parent`."""

    child: str
    child_column: str
    parent: str
    parent_column: str

    def other(self, table: str) -> str:
        """Return the table at the other end."""
        return self.parent if table == self.child else self.child


@dataclass(frozen=True, slots=True)
class Step:
    """A table that is joined; `multiplies` when one row may meet several of its rows."""

    table: str
    edge: Edge
    multiplies: bool


def edges_of(catalog: Catalog) -> list[Edge]:
    """Return the foreign keys between tables of the catalog."""
    return [
        Edge(key, column.name, *column.references)
        for key, table in catalog.tables.items()
        for column in table.columns.values()
        if column.references is not None and column.references[0] != key
    ]


def join(catalog: Catalog, root: str, wanted: Sequence[str]) -> list[Step]:
    """Return the joins that reach the wanted tables from `root`, nearest first.

    Raises:
        JoinError: there is none, or the shortest are several.
    """
    needed = set(wanted) | {root}
    edges = edges_of(catalog)
    for size in range(len(needed) - 1, MAX_TABLES + 1):
        found = [tree for tree in combinations(edges, size) if _joins(tree, needed, size)]
        if len(found) > 1:
            raise JoinError(f"there are several ways to join {', '.join(sorted(needed))}")
        if found:
            return _walk(found[0], root)
    raise JoinError(f"the schema does not say how to join {', '.join(sorted(needed))}")


def _joins(tree: Sequence[Edge], needed: set[str], size: int) -> bool:
    tables = {table for edge in tree for table in (edge.child, edge.parent)} or set(needed)
    if not needed <= tables or len(tables) != size + 1:
        return False
    # Each table but the wanted ones must connect two others.
    for table in tables - needed:
        if sum(table in (edge.child, edge.parent) for edge in tree) < 2:  # noqa: PLR2004
            return False
    return _connected(tree, tables)


def _connected(tree: Sequence[Edge], tables: set[str]) -> bool:
    reached = {next(iter(tables))}
    for _ in tree:
        for edge in tree:
            if edge.child in reached or edge.parent in reached:
                reached |= {edge.child, edge.parent}
    return reached == tables


def _walk(tree: Sequence[Edge], root: str) -> list[Step]:
    steps: list[Step] = []
    reached, left = {root}, list(tree)
    while left:
        edge = next(one for one in left if one.child in reached or one.parent in reached)
        left.remove(edge)
        downward = edge.parent in reached
        table = edge.child if downward else edge.parent
        steps.append(Step(table, edge, multiplies=downward))
        reached.add(table)
    return steps
