"""What a caller may know of a database: its schema, cut down to what the policy names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from graphs.text_to_sql.policy import ColumnPolicy, Policy, PolicyInvalidError, TablePolicy
from providers.sql_types import Dialect, SqlColumn, SqlSchema, SqlTable


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogColumn:
    """A column that may be read; `references` is a key of the catalog's tables, and a column."""

    name: str
    type: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    values: bool = False
    masked: bool = False
    primary_key: bool = False
    references: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTable:
    """A table that may be read; the tenant column may be hidden and is filtered all the same."""

    name: str
    schema: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    columns: Mapping[str, CatalogColumn] = field(default_factory=dict)
    tenant_column: str | None = None
    tenant_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The tables that may be read, by the name that the policy gives them."""

    dialect: Dialect
    tables: Mapping[str, CatalogTable]
    functions: frozenset[str] = frozenset()
    policy_hash: str = ""
    schema_hash: str = ""

    @property
    def key(self) -> str:
        """Identity of what may be known: another schema or policy has another key."""
        text = f"{self.dialect}:{self.schema_hash}:{self.policy_hash}"
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """The columns that a guarded statement reads at most, by table as in `SqlTable.key`."""
        return {
            key: tuple(dict.fromkeys((*table.columns, *filter(None, [table.tenant_column]))))
            for key, table in self.tables.items()
        }


def build_catalog(schema: SqlSchema, policy: Policy) -> Catalog:
    """Cut a schema down to what a policy names; foreign keys stay between exposed columns.

    Raises:
        PolicyInvalidError: the policy names a table or column that the database does not have,
            or is for another dialect.
    """
    if schema.dialect is not policy.dialect:
        raise PolicyInvalidError(
            f"dialect: the policy is for {policy.dialect} and the database is {schema.dialect}"
        )
    there = {table.key: table for table in schema.tables}
    tables = {
        name: _table(name, there, said or TablePolicy()) for name, said in policy.tables.items()
    }
    return Catalog(
        dialect=schema.dialect,
        tables={name: _linked(table, tables) for name, table in tables.items()},
        functions=frozenset(policy.functions),
        policy_hash=policy.hash,
        schema_hash=schema.hash,
    )


def _table(name: str, there: Mapping[str, SqlTable], said: TablePolicy) -> CatalogTable:
    key = name.removeprefix("public.") if name not in there else name
    if key not in there:
        raise PolicyInvalidError(f"tables.{name}: the database has no such table")
    table = there[key]
    types = {column.name: column.type for column in table.columns}
    for column in (*(said.columns or ()), *said.deny_columns, *filter(None, [said.tenant_column])):
        if column not in types:
            raise PolicyInvalidError(f"tables.{name}: the table has no column {column!r}")
    shown = set(types if said.columns is None else said.columns) - set(said.deny_columns)
    notes = said.columns or {}
    columns = {
        column.name: _column(column, notes.get(column.name) or ColumnPolicy())
        for column in table.columns
        if column.name in shown
    }
    if not columns:
        raise PolicyInvalidError(f"tables.{name}: no column is left to read")
    return CatalogTable(
        name=table.name,
        schema=table.schema,
        description=said.description or table.comment,
        synonyms=said.synonyms,
        columns=columns,
        tenant_column=said.tenant_column,
        tenant_type=types[said.tenant_column] if said.tenant_column else "",
    )


def _column(column: SqlColumn, said: ColumnPolicy) -> CatalogColumn:
    return CatalogColumn(
        name=column.name,
        type=column.type,
        description=said.description or column.comment,
        synonyms=said.synonyms,
        values=said.values and not said.masked,
        masked=said.masked,
        primary_key=column.primary_key,
        references=column.references,
    )


def _linked(table: CatalogTable, tables: Mapping[str, CatalogTable]) -> CatalogTable:
    """Drop the references to what is not exposed."""

    def kept(column: CatalogColumn) -> CatalogColumn:
        if column.references is None:
            return column
        target, name = column.references
        if target in tables and name in tables[target].columns:
            return column
        return replace(column, references=None)

    return replace(table, columns={name: kept(one) for name, one in table.columns.items()})
