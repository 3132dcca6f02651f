"""The tables as a page of the documentation, made from the models alone."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Column, Enum, Index, Table, UniqueConstraint, make_url

from data.engine import POSTGRES
from data.models import Base, Tenant

TENANTS: Final = Tenant.__tablename__
"""Every other table refers to this one, which a picture need not show."""
PICTURE: Final = "schema.svg"
_DIALECT: Final = make_url(POSTGRES + "://").get_dialect()()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDoc:
    """A column; `type` is PostgreSQL's, `words` what an enumeration may hold."""

    name: str
    type: str
    nullable: bool
    primary_key: bool
    foreign_key: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceDoc:
    """A foreign key: `columns` point at the key of `table`."""

    columns: tuple[str, ...]
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDoc:
    """An index or unique constraint; `where` is the condition of a partial one."""

    columns: tuple[str, ...]
    unique: bool
    where: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDoc:
    """A table and the model that stands for it."""

    name: str
    model: str
    text: str
    columns: tuple[ColumnDoc, ...]
    references: tuple[ReferenceDoc, ...]
    indexes: tuple[IndexDoc, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def describe() -> list[TableDoc]:
    """Describe every table of the models, in the order of their names."""
    found = [(mapper.local_table, mapper.class_) for mapper in Base.registry.mappers]
    tables = [(table, model) for table, model in found if isinstance(table, Table)]
    return [_table(table, model) for table, model in sorted(tables, key=lambda each: each[0].name)]


def markdown(tables: Sequence[TableDoc]) -> str:
    """Write the page; the picture beside it is `data.schema_picture`'s."""
    parts = [
        "# Schema",
        "<!-- Made by `cicerone db schema --output docs/reference`: change the models instead. -->",
        "The tables of the database, made from the models. Types are PostgreSQL's; on SQLite "
        "`JSONB` is JSON text, and times are UTC without a zone.",
        f"![Tables and what they refer to]({PICTURE})",
        f"Every table refers to `{TENANTS}` as well, and every key begins with the tenant; "
        "the picture leaves that out, and shows keys only.",
        *(_section(table) for table in tables),
        "## As Mermaid text\n\nFor tools that draw it:",
        f"```mermaid\n{mermaid(tables)}```",
    ]
    return "\n\n".join(parts) + "\n"


def mermaid(tables: Sequence[TableDoc]) -> str:
    """Write the tables and references as a Mermaid `erDiagram`."""
    lines = ["erDiagram"]
    for table in tables:
        lines.append(f"    {table.name} {{")
        lines.extend(f"        {_attribute(column)}" for column in table.columns)
        lines.append("    }")
    for table in tables:
        lines.extend(
            f"    {reference.table} ||--o{{ {table.name} : has"
            for reference in table.references
            if reference.table != TENANTS
        )
    return "\n".join(lines) + "\n"


def _table(table: Table, model: type[Any]) -> TableDoc:
    keys = sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))
    return TableDoc(
        name=table.name,
        model=model.__name__,
        text=inspect.getdoc(model) or "",
        columns=tuple(_column(column) for column in table.columns),
        references=tuple(
            ReferenceDoc(columns=tuple(key.column_keys), table=key.referred_table.name)
            for key in keys
        ),
        indexes=tuple(sorted(_indexes(table), key=lambda index: (not index.unique, index.columns))),
    )


def _column(column: Column[Any]) -> ColumnDoc:
    words = tuple(column.type.enums) if isinstance(column.type, Enum) else ()
    return ColumnDoc(
        name=column.name,
        type=column.type.compile(_DIALECT).replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"),
        nullable=bool(column.nullable),
        primary_key=column.primary_key,
        foreign_key=bool(column.foreign_keys),
        words=words,
    )


def _indexes(table: Table) -> Iterator[IndexDoc]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            columns = tuple(column.name for column in constraint.columns)
            yield IndexDoc(columns=columns, unique=True)
    for index in table.indexes:
        columns = tuple(str(part) for part in _expressions(index))
        where = index.dialect_options["postgresql"].get("where")
        yield IndexDoc(
            columns=columns, unique=index.unique, where=None if where is None else str(where)
        )


def _expressions(index: Index) -> Iterable[str]:
    return (getattr(part, "name", None) or str(part) for part in index.expressions)


def _section(table: TableDoc) -> str:
    rows = ["| Column | Type | Null | Key |", "|---|---|---|---|"]
    for column in table.columns:
        words = f": {', '.join(f'`{word}`' for word in column.words)}" if column.words else ""
        null = "yes" if column.nullable else ""
        rows.append(f"| `{column.name}` | {column.type}{words} | {null} | {_key(column)} |")
    notes = [
        *(
            f"- {_list(reference.columns)} → [`{reference.table}`](#{reference.table})"
            for reference in table.references
        ),
        *(f"- {_index(index)}" for index in table.indexes),
    ]
    parts = [f"## {table.name}", f"Model `{table.model}`. {table.text}", "\n".join(rows)]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])


def _index(index: IndexDoc) -> str:
    kind = "unique" if index.unique else "index"
    return f"{kind} {_list(index.columns)}" + (f" where `{index.where}`" if index.where else "")


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _key(column: ColumnDoc) -> str:
    marks = {"PK": column.primary_key, "FK": column.foreign_key}
    return ", ".join(mark for mark, holds in marks.items() if holds)


def _attribute(column: ColumnDoc) -> str:
    # Mermaid takes one word for a type.
    kind = column.type.partition("(")[0].replace(" ", "_").lower()
    return f"{kind} {column.name} {_key(column)}".rstrip()
