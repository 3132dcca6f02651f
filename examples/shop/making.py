"""Makes the shop's database: the same rows on every machine, from one fixed seed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

FOLDER: Final = Path(__file__).parent
POLICY: Final = FOLDER / "policy.yaml"
PAIRS: Final = FOLDER / "pairs.jsonl"
"""The verified questions with their queries."""
PARAPHRASES: Final = FOLDER.parents[1] / "evals" / "sql" / "paraphrases.jsonl"
UNANSWERABLE: Final = PARAPHRASES.with_name("unanswerable.jsonl")
SHOP: Final = "shop"
"""Name of the datasource."""
TENANTS: Final = ("default", "harbour")
"""The two tenants whose rows share the tables."""
FIRST_DAY, LAST_DAY = date(2025, 1, 2), date(2026, 11, 20)
"""Days of the first and last order that may be."""
TODAY: Final = date(2026, 11, 25)
"""The day that questions about the sample are asked on."""

_PRODUCTS = (
    ("Calder 40", "Combi oven", "1890.00", 3400, "38.5", 36, "2023-03-01", 0),
    ("Calder 60", "Combi oven", "2490.00", 3600, "52.0", 36, "2023-09-15", 0),
    ("Fjell 180", "Refrigerator", "990.00", 90, "61.0", 24, "2022-05-02", 0),
    ("Fjell 200 F", "Refrigerator", "1340.00", 120, "74.5", 24, "2024-02-12", 0),
    ("Kern 5", "Stand mixer", "449.00", 1000, "8.6", 24, "2021-10-04", 0),
    ("Kern 7", "Stand mixer", "629.00", 1400, "11.2", 24, "2024-10-07", 0),
    ("Marl 45", "Dishwasher", "749.00", 1900, "36.0", 24, "2022-01-17", 0),
    ("Marl 60", "Dishwasher", "899.00", 2100, "44.0", 24, "2022-01-17", 0),
    ("Plano 64", "Induction hob", "690.00", 7200, "10.4", 36, "2023-06-05", 0),
    ("Plano 80", "Induction hob", "980.00", 7400, "13.7", 36, "2023-06-05", 0),
    ("Rill 10", "Kettle", "39.00", 2200, "1.0", 24, "2019-04-08", 1),
    ("Rill 17", "Kettle", "59.00", 3000, "1.3", 24, "2020-08-31", 0),
    ("Rill 17 T", "Kettle", "89.00", 2400, "1.6", 24, "2024-04-22", 0),
    ("Seala 2", "Vacuum sealer", "129.00", 130, "2.4", 24, "2021-03-15", 1),
    ("Seala 3 Chamber", "Vacuum sealer", "579.00", 350, "17.8", 36, "2024-11-18", 0),
    ("Tamber S", "Espresso machine", "1190.00", 1450, "14.9", 24, "2022-09-26", 0),
    ("Tamber Duo", "Espresso machine", "1990.00", 2900, "24.3", 36, "2023-11-06", 0),
)
_KINDS = ("Hotel", "Restaurant", "School", "Retailer", "Canteen", "Bakery")
_PLACES = (
    ("Aarhus", "Denmark"),
    ("Bergen", "Norway"),
    ("Bristol", "United Kingdom"),
    ("Ghent", "Belgium"),
    ("Graz", "Austria"),
    ("Hamburg", "Germany"),
    ("Leipzig", "Germany"),
    ("Lyon", "France"),
    ("Malmö", "Sweden"),
    ("Utrecht", "Netherlands"),
)
_CHANNELS = ("web", "phone", "partner", "showroom")
_REASONS = ("damaged in transit", "wrong model", "defective", "changed mind", "late delivery")
_WAREHOUSES = ("Hamburg", "Lyon", "Malmö")
_TOPICS = ("descaling", "door seal", "error code", "installation", "noise", "spare part")
_PRIORITIES = ("low", "normal", "high", "urgent")
_RETURNED, _STOCKED = 0.09, 0.85
"""Parts of the delivered lines that come back, and of the places that hold a product."""
_DISCOUNTS = (0, 0, 0, 0, 5, 10, 15)
_SIZES = {TENANTS[0]: (60, 420, 130), TENANTS[1]: (45, 300, 90)}
"""Customers, orders and service requests of each tenant."""


@dataclass(slots=True)
class _Ids:
    last: dict[str, int] = field(default_factory=dict)

    def next(self, table: str) -> int:
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]


@dataclass(slots=True)
class _Maker:
    """Writes one tenant's rows after another."""

    database: sqlite3.Connection
    random: Random
    ids: _Ids = field(default_factory=_Ids)

    def add(self, table: str, *values: object) -> int:
        number = self.ids.next(table)
        marks = ", ".join("?" * (len(values) + 1))
        self.database.execute(f"INSERT INTO {table} VALUES ({marks})", (number, *values))  # noqa: S608 - names of this file
        return number

    def day(self, first: date = FIRST_DAY, last: date = LAST_DAY) -> date:
        return first + timedelta(days=self.random.randrange((last - first).days + 1))

    def after(self, day: date, least: int, most: int) -> str:
        """Return a day so many days later, but none that is still to come."""
        later = day + timedelta(days=self.random.randint(least, most))
        return min(later, TODAY).isoformat()

    def tenant(self, tenant: str) -> None:
        customers, orders, requests = _SIZES[tenant]
        buyers = [self._customer(tenant, number) for number in range(customers)]
        for day in sorted(self.day() for _ in range(orders)):
            self._order(tenant, self.random.choice(buyers[3:]), day)
        for day in sorted(self.day() for _ in range(requests)):
            self._request(tenant, self.random.choice(buyers), day)
        for product in range(1, len(_PRODUCTS) + 1):
            self._stock(tenant, product)

    def _customer(self, tenant: str, index: int) -> int:
        prefix = "1" if tenant == TENANTS[0] else "5"
        number = f"{prefix}{index + 1:03d}"
        city, country = self.random.choice(_PLACES)
        kind = self.random.choice(_KINDS)
        since = self.day(date(2018, 1, 1), FIRST_DAY)
        limit = self.random.choice((2000, 5000, 10000, 25000))
        note = self.random.choice((None, "pays late", "asks for a discount", "call before noon"))
        name = f"Organisation {number}"
        return self.add(
            "customers", tenant, f"ORG-{number}", name, kind, city, country, since.isoformat(),
            limit, note,
        )  # fmt: skip

    def _order(self, tenant: str, customer: int, day: date) -> None:
        status = self.random.choices(
            ("delivered", "shipped", "open", "cancelled"), (78, 8, 7, 7)
        )[0]  # fmt: skip
        sent = status in ("delivered", "shipped")
        shipped = self.after(day, 1, 9) if sent else None
        lines = [self._line() for _ in range(self.random.randint(1, 4))]
        total = sum(count * price * (100 - off) // 100 for _, count, price, off in lines)
        shipping = self.random.choice((0, 490, 1250, 2900))
        order = self.add(
            "orders", tenant, customer, day.isoformat(), shipped, status,
            self.random.choice(_CHANNELS), total / 100, shipping / 100,
        )  # fmt: skip
        for product, count, price, off in lines:
            line = self.add("order_lines", tenant, order, product, count, price / 100, off)
            if status == "delivered" and self.random.random() < _RETURNED:
                back = self.random.randint(1, count)
                self.add(
                    "returns", tenant, line,
                    self.after(day, 10, 40), back,
                    self.random.choice(_REASONS), back * price * (100 - off) // 100 / 100,
                )  # fmt: skip

    def _line(self) -> tuple[int, int, int, int]:
        """Return product, quantity, unit price in cents and discount in percent."""
        product = self.random.randrange(1, len(_PRODUCTS) + 1)
        price = round(float(_PRODUCTS[product - 1][2]) * 100)
        return product, self.random.randint(1, 6), price, self.random.choice(_DISCOUNTS)

    def _request(self, tenant: str, customer: int, day: date) -> None:
        product = self.random.randrange(1, len(_PRODUCTS) + 1)
        status = self.random.choices(("closed", "open", "waiting"), (75, 15, 10))[0]
        closed = self.after(day, 0, 21)
        done = status == "closed"
        rating = self.random.choice((1, 2, 3, 3, 4, 4, 5, 5, 5, None)) if done else None
        self.add(
            "service_requests", tenant, customer, product, day.isoformat(),
            closed if done else None, self.random.choice(_TOPICS),
            self.random.choices(_PRIORITIES, (30, 45, 18, 7))[0], status, rating,
        )  # fmt: skip

    def _stock(self, tenant: str, product: int) -> None:
        for warehouse in _WAREHOUSES:
            if self.random.random() < _STOCKED:
                level = self.random.choice((5, 10, 20))
                self.add(
                    "stock", tenant, product, warehouse, self.random.randrange(0, 90), level,
                    self.day(date(2026, 10, 1)).isoformat(),
                )  # fmt: skip


def make_shop(path: Path) -> Path:
    """Write the shop's SQLite database to `path`, in place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript((FOLDER / "schema.sql").read_text(encoding="utf-8"))
        maker = _Maker(database, Random(20261120))  # noqa: S311 - sample rows, not secrets
        for name, family, *rest in _PRODUCTS:
            maker.add("products", f"WKW-{name.upper().replace(' ', '-')}", name, family, *rest)
        for tenant in TENANTS:
            maker.tenant(tenant)
    return path


def sample_shop(home: Path) -> Path:
    """Return the shop's database below `home`, made on first use and after an upgrade."""
    path = home / "sample" / "shop.sqlite"
    stamp, current = path.with_suffix(".made"), _source_hash()
    if path.is_file() and stamp.is_file() and stamp.read_text(encoding="ascii") == current:
        return path
    make_shop(path)
    stamp.write_text(current, encoding="ascii")
    return path


def _source_hash() -> str:
    digest = sha256()
    for source in _sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield FOLDER / "making.py"
    yield FOLDER / "schema.sql"
