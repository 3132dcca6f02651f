"""A garage with mechanics, cars, visits and a till; the till and a column are hidden."""

from collections.abc import Callable

import pytest

from graphs.text_to_sql.catalog import Catalog, build_catalog
from graphs.text_to_sql.guard import Verdict, judge
from graphs.text_to_sql.policy import load_policy
from providers.sql_types import Cell, Dialect, QueryLimits, SqlColumn, SqlSchema, SqlTable

TABLES = {
    "cars": "id garage_id owner plate year chassis",
    "visits": "id garage_id car_id mechanic_id day price remark",
    "mechanics": "id garage_id name boss_id",
    "colours": "id label",
    "group": "id garage_id title",
    "till": "id garage_id amount",
}
POLICY = """
dialect: {dialect}
tables:
  cars: {{tenant_column: garage_id, deny_columns: [chassis]}}
  visits: {{tenant_column: garage_id}}
  mechanics: {{tenant_column: garage_id, columns: {{id: , boss_id: , name: {{masked: true}}}}}}
  colours:
  group: {{tenant_column: garage_id}}
functions: [soundex]
"""
Judge = Callable[..., Verdict]


def _type(column: str) -> str:
    return "text" if column in {"owner", "plate", "chassis", "name", "remark", "label"} else "int"


def catalog_of(dialect: Dialect) -> Catalog:
    tables = tuple(
        SqlTable(
            name=name,
            schema="public" if dialect is Dialect.POSTGRES else "",
            columns=tuple(
                SqlColumn(name=one, type=_type(one), primary_key=one == "id")
                for one in columns.split()
            ),
        )
        for name, columns in TABLES.items()
    )
    schema = SqlSchema(dialect=dialect, tables=tables)
    return build_catalog(schema, load_policy(POLICY.format(dialect=dialect.value)))


CATALOGS = {dialect: catalog_of(dialect) for dialect in Dialect}


@pytest.fixture
def ask() -> Judge:
    """Return a function that judges a statement, in PostgreSQL's dialect unless told otherwise."""

    def judged(
        sql: str,
        dialect: Dialect = Dialect.POSTGRES,
        tenant: str | int | None = 7,
        **params: Cell,
    ) -> Verdict:
        return judge(
            sql, CATALOGS[dialect], tenant=tenant, limits=QueryLimits(rows=50), params=params
        )

    return judged
