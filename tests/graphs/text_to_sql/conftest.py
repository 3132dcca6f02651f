import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from examples.shop.making import POLICY, TODAY, make_shop
from graphs.identity import config_for
from graphs.models import Models
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.graph import build
from graphs.text_to_sql.opening import open_desk, read_catalog
from graphs.text_to_sql.policy import Policy, load_policy
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import Context, SqlOutput
from graphs.text_to_sql.verified.likeness import Likeness
from graphs.text_to_sql.verified.template import Example
from providers.principal import Principal, local_principal
from providers.protocols import SqlDatasource
from providers.sql_datasource.sqlite import SqliteConfig, SqliteDatasource

SETTINGS = SqlSettings(today=TODAY)
EXAMPLES = (
    Example(
        "e1",
        "How many orders came from Norway?",
        "SELECT COUNT(*) FROM orders JOIN customers ON customers.id = orders.customer_id "
        "WHERE customers.country = 'Norway'",
    ),
    Example(
        "e2",
        "What was the revenue in March 2026?",
        "SELECT SUM(total) FROM orders WHERE ordered_on >= '2026-03-01' "
        "AND ordered_on < '2026-04-01' AND status <> 'cancelled'",
    ),
    Example(
        "e3",
        "Which 5 customers spent the most?",
        "SELECT customers.name, SUM(orders.total) AS spent FROM orders JOIN customers "
        "ON customers.id = orders.customer_id GROUP BY customers.id, customers.name "
        "ORDER BY spent DESC LIMIT 5",
    ),
)


@dataclass
class ShopDesks:
    """Opens the shop for whoever asks, and keeps the desk by tenant."""

    datasource: SqlDatasource
    policy: Policy
    examples: tuple[Example, ...] = EXAMPLES
    opened: dict[str, Desk] = field(default_factory=dict)
    fresh: int = 0

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        tenant = principal.tenant_id
        self.fresh += fresh
        if fresh or tenant not in self.opened:
            self.opened[tenant] = await open_desk(
                name,
                self.datasource,
                await read_catalog(name, self.datasource, self.policy),
                limits=self.policy.query_limits,
                tenant=tenant,
                today=TODAY,
                examples=self.examples,
                likeness=Likeness(None),
            )
        return self.opened[tenant]


@dataclass
class Asking:
    """Asks the graph and keeps what it told."""

    desks: ShopDesks
    models: Models | None = None
    settings: SqlSettings = SETTINGS
    principal: Principal = field(default_factory=local_principal)
    events: list[dict[str, Any]] = field(default_factory=list)

    def using(self, **changes: Any) -> "Asking":
        return replace(self, events=[], **changes)

    async def __call__(self, question: str, *, route: Any = "all") -> SqlOutput:
        graph = build(self.desks, models=self.models, settings=self.settings).compile()
        output: Any = None
        async for part in graph.astream(
            {"question": question},
            config_for(self.principal),
            context=Context(datasource="shop", route=route),
            stream_mode=["custom", "values"],
            version="v2",
        ):
            if part["type"] == "custom":
                self.events.append(part["data"])
            else:
                output = part["data"]
        json.dumps(output)  # a checkpoint must be able to hold it
        return output  # type: ignore[no-any-return]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(POLICY)


@pytest.fixture
async def shop(shop_file: Path) -> AsyncIterator[SqliteDatasource]:
    datasource = SqliteDatasource(SqliteConfig(url=SecretStr(str(shop_file))))
    yield datasource
    await datasource.aclose()


@pytest.fixture
def desks(shop: SqliteDatasource, policy: Policy) -> ShopDesks:
    return ShopDesks(shop, policy)


@pytest.fixture
def ask(desks: ShopDesks) -> Asking:
    return Asking(desks)
