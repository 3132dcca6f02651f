import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from examples.shop.making import TENANTS, TODAY, make_shop, sample_shop

TABLES = ("customers", "orders", "order_lines", "returns", "stock", "service_requests")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


def test_the_same_rows_are_made_each_time(shop: Path, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(shop)) as first,
        closing(sqlite3.connect(make_shop(tmp_path / "again.sqlite"))) as second,
    ):
        assert list(first.iterdump()) == list(second.iterdump())


def test_both_tenants_have_rows_of_their_own_in_each_table(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as database:
        for table in TABLES:
            query = f"SELECT DISTINCT tenant_id FROM {table} ORDER BY 1"  # noqa: S608 - our own
            found = database.execute(query)
            assert [row[0] for row in found] == sorted(TENANTS)


def test_references_hold_and_stay_within_a_tenant(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        foreign = "SELECT COUNT(*) FROM orders o JOIN customers c ON c.id = o.customer_id"
        assert database.execute(f"{foreign} WHERE c.tenant_id <> o.tenant_id").fetchone() == (0,)


def test_nothing_lies_in_the_future(shop: Path) -> None:
    with closing(sqlite3.connect(shop)) as database:
        days = "SELECT MAX(shipped_on) FROM orders UNION SELECT MAX(returned_on) FROM returns"
        assert all(row[0] <= TODAY.isoformat() for row in database.execute(days))


def test_the_shop_is_made_once_in_a_home(tmp_path: Path) -> None:
    first = sample_shop(tmp_path).stat().st_mtime_ns
    assert sample_shop(tmp_path).stat().st_mtime_ns == first
