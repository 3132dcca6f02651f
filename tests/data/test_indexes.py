"""Every way from a row to those that point at it has an index."""

from collections.abc import Iterator

import pytest
from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint

from data.models import Base


def ordered_columns(table: Table) -> Iterator[list[str]]:
    """Return the columns of everything that PostgreSQL and SQLite keep in order.

    A partial index does not count: it leaves rows out.
    """
    yield [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        if not is_partial(index):
            yield [column.name for column in index.columns]


def is_partial(index: Index) -> bool:
    return any(index.dialect_options[name].get("where") is not None for name in DIALECTS)


DIALECTS = ("sqlite", "postgresql")
KEYS = [
    pytest.param(table, constraint, id=f"{table.name}-{'-'.join(constraint.column_keys)}")
    for table in Base.metadata.sorted_tables
    for constraint in sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))
]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_a_foreign_key_is_the_beginning_of_an_index(
    table: Table, key: ForeignKeyConstraint
) -> None:
    wanted = set(key.column_keys)
    beginnings = [set(columns[: len(wanted)]) for columns in ordered_columns(table)]
    assert wanted in beginnings, (
        f"{table.name}: add Index(None, {', '.join(map(repr, key.column_keys))}); without it "
        f"deleting a row of {key.referred_table.name} reads the whole table"
    )


def test_a_partial_index_is_known_as_one() -> None:
    partial = {
        index.name
        for table in Base.metadata.sorted_tables
        for index in table.indexes
        if is_partial(index)
    }
    assert "uq_document_versions_published" in partial
    assert "ix_documents_tenant_id_created_at" not in partial
