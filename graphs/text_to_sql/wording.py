"""The schema as a model reads it: what may be read, in DDL with its descriptions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphs.text_to_sql.catalog import Catalog, CatalogColumn, CatalogTable

_VALUES = 8


def ddl(catalog: Catalog) -> str:
    """Write the catalog's tables; tenant columns are left out, since the guard adds them."""
    return "\n\n".join(_table(key, table) for key, table in catalog.tables.items())


def few_shots(examples: Sequence[Mapping[str, Any]]) -> str:
    """Write verified questions with their queries."""
    return "\n\n".join(f"Question: {one['question']}\nSQL: {one['sql']}" for one in examples)


def _table(key: str, table: CatalogTable) -> str:
    lines = ",\n".join(_lines(table))
    note = f" -- {_flat(table.description)}" if table.description else ""
    return f"CREATE TABLE {key} ({note}\n{lines}\n);"


def _lines(table: CatalogTable) -> Iterator[str]:
    for column in table.columns.values():
        if column.name != table.tenant_column:
            yield f"  {column.name} {column.type}{_keys(column)}{_note(column)}"


def _keys(column: CatalogColumn) -> str:
    key = " PRIMARY KEY" if column.primary_key else ""
    if column.references is None:
        return key
    table, name = column.references
    return f"{key} REFERENCES {table} ({name})"


def _note(column: CatalogColumn) -> str:
    notes = [
        column.description,
        *([f"also: {', '.join(column.synonyms)}"] if column.synonyms else []),
    ]
    notes += ["its values are hidden"] if column.masked else []
    said = "; ".join(_flat(note) for note in notes if note)
    return f" /* {said} */" if said else ""


def _flat(text: str) -> str:
    return " ".join(text.replace("*/", "").split())
