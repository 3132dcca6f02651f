"""A policy hides what it does not name, and says what is wrong with itself."""

from pathlib import Path

import pytest

from graphs.text_to_sql.catalog import build_catalog
from graphs.text_to_sql.policy import PolicyInvalidError, all_tables, load_policy
from providers.sql_types import Dialect, SqlColumn, SqlSchema, SqlTable


def _column(name: str, **more: object) -> SqlColumn:
    return SqlColumn(name=name, type="integer", **more)  # type: ignore[arg-type]


SCHEMA = SqlSchema(
    dialect=Dialect.POSTGRES,
    tables=(
        SqlTable(
            name="trips",
            schema="public",
            columns=(
                _column("id", primary_key=True),
                _column("team", comment="who travels"),
                _column("van_id", references=("depot.vans", "id")),
                _column("pin"),
            ),
        ),
        SqlTable(name="vans", schema="depot", columns=(_column("id"), _column("plate"))),
        SqlTable(name="keys", schema="public", columns=(_column("id"),)),
    ),
)
TEXT = """
dialect: postgres
tables:
  trips: {tenant_column: team, description: Journeys, deny_columns: [pin]}
  depot.vans: {columns: {plate: {masked: true}, id: }}
limits: {rows: 5, seconds: 2, bytes: 2000, cost: 10}
"""


def test_a_catalog_holds_what_the_policy_names_and_no_more() -> None:
    catalog = build_catalog(SCHEMA, load_policy(TEXT))
    assert set(catalog.tables) == {"trips", "depot.vans"}
    trips = catalog.tables["trips"]
    assert set(trips.columns) == {"id", "team", "van_id"}
    assert trips.columns["team"].description == "who travels"
    assert trips.columns["van_id"].references == ("depot.vans", "id")
    assert trips.tenant_column == "team"
    assert catalog.tables["depot.vans"].columns["plate"].masked
    assert load_policy(TEXT).query_limits.rows == 5


def test_columns_that_are_named_are_the_only_ones() -> None:
    some = load_policy(TEXT.replace("id: }", "}").replace(", }", "}"))
    catalog = build_catalog(SCHEMA, some)
    assert set(catalog.tables["depot.vans"].columns) == {"plate"}
    assert catalog.tables["trips"].columns["van_id"].references is None


def test_a_hidden_tenant_column_is_read_for_the_filter_alone() -> None:
    hidden = load_policy(
        "dialect: postgres\ntables: {trips: {tenant_column: team, columns: {id: }}}"
    )
    catalog = build_catalog(SCHEMA, hidden)
    assert set(catalog.tables["trips"].columns) == {"id"}
    assert set(catalog.reads["trips"]) == {"id", "team"}


def test_a_policy_for_everything_shows_everything() -> None:
    catalog = build_catalog(SCHEMA, all_tables(SCHEMA))
    assert set(catalog.tables) == {"trips", "depot.vans", "keys"}
    assert all(table.tenant_column is None for table in catalog.tables.values())


def test_the_key_changes_with_the_policy_and_the_schema() -> None:
    policy = load_policy(TEXT)
    first = build_catalog(SCHEMA, policy)
    assert build_catalog(SCHEMA, load_policy(TEXT + "\n# a remark\n")).key == first.key
    assert build_catalog(SCHEMA, all_tables(SCHEMA)).key != first.key
    smaller = SqlSchema(dialect=Dialect.POSTGRES, tables=SCHEMA.tables[:2])
    assert build_catalog(smaller, policy).key != first.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dialect: postgres\ntables: {trips: {tenant: team}}", "tables.trips.tenant"),
        ("dialect: oracle\ntables: {trips: }", "dialect"),
        ("dialect: postgres\ntables: {}", "tables"),
        ("dialect: postgres\ntables: {trips: }\nlimits: {rows: 0}", "limits.rows"),
        ("just a text", "mapping"),
        ("dialect: [", "cannot be read"),
    ],
)
def test_a_wrong_policy_names_the_key(text: str, said: str) -> None:
    with pytest.raises(PolicyInvalidError, match=said):
        load_policy(text)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalidError, match=r"no\.yaml"):
        load_policy(tmp_path / "no.yaml")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("nosuch: ", "no such table"),
        ("trips: {tenant_column: nosuch}", "nosuch"),
        ("trips: {deny_columns: [nosuch]}", "nosuch"),
        ("trips: {columns: {pin: }, deny_columns: [pin]}", "no column is left"),
    ],
)
def test_a_policy_must_fit_the_database(table: str, said: str) -> None:
    policy = load_policy(f"dialect: postgres\ntables: {{{table}}}")
    with pytest.raises(PolicyInvalidError, match=said):
        build_catalog(SCHEMA, policy)


def test_a_policy_of_another_dialect_does_not_fit() -> None:
    with pytest.raises(PolicyInvalidError, match="dialect"):
        build_catalog(SCHEMA, load_policy("dialect: sqlite\ntables: {trips: }"))
