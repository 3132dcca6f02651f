"""Two layers on a real PostgreSQL: the guard's own condition, and the database's row security.

Each keeps tenants apart without the other, and together they show the same rows.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from graphs.text_to_sql.opening import read_values
from graphs.text_to_sql.policy import load_policy
from providers.principal import Principal, Role
from service.container import Container, open_container
from service.datasource_schemas import NewDatasource
from service.settings import Settings
from service.sql_schemas import NewExample, SqlAnswer, SqlRequest
from tests.filled_postgres import filled_database

pytestmark = pytest.mark.integration
SHOP_7 = Principal(
    tenant_id="acme", subject="ann", roles=frozenset({Role.ADMIN}), attributes={"shop": "7"}
)
SHOP_8 = replace(SHOP_7, subject="bea", attributes={"shop": "8"})
NOBODY = replace(SHOP_7, subject="carl", attributes={})
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, shop int NOT NULL, name text NOT NULL);
CREATE TABLE orders (
  id int PRIMARY KEY, shop int NOT NULL, customer_id int REFERENCES customers(id), amount int
);
INSERT INTO customers
  SELECT n, 7 + (n % 4 = 0)::int, 'Organisation ' || n FROM generate_series(1, 40) n;
INSERT INTO orders
  SELECT n, 7 + (n % 4 = 0)::int, 1 + (n - 1) % 40, n FROM generate_series(1, 400) n;
CREATE ROLE clerk LOGIN;
GRANT SELECT ON customers, orders TO clerk;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON customers TO clerk USING (shop = current_setting('app.shop')::int);
CREATE POLICY own ON orders TO clerk USING (shop = current_setting('app.shop')::int);
"""
GUARDED = """
dialect: postgres
tables:
  customers: {tenant_column: shop, columns: {id: , shop: , name: {values: true}}}
  orders: {tenant_column: shop}
tenant_attribute: shop
tenant_setting: app.shop
"""
FORGETFUL = GUARDED.replace("tenant_column: shop, ", "").replace("{tenant_column: shop}", "")
QUESTIONS = (
    "How many orders are there?",
    "How many customers are there?",
    "What is the highest amount of orders?",
    "What is the average amount of orders?",
    "How many orders are there by customer name?",
    "Show me the name of all customers",
)


@pytest.fixture(scope="module")
def url(postgres: str) -> Iterator[str]:
    with filled_database(postgres, "shops", SCHEMA, role="clerk") as own:
        yield own


@pytest.fixture
async def container(settings: Settings, url: str) -> AsyncIterator[Container]:
    """A service that knows one database thrice: behind each layer alone, and behind both."""
    clerk = url.replace("postgres:@", "clerk:@")
    assert clerk != url
    async with open_container(settings) as opened:
        for name, login, policy in (
            ("guard", url, GUARDED),
            ("database", clerk, FORGETFUL),
            ("both", clerk, GUARDED),
        ):
            await opened.datasources.add(
                SHOP_7, NewDatasource(name=name, url=login, policy=load_policy(policy))
            )
        yield opened


async def ask(container: Container, who: Principal, datasource: str, question: str) -> SqlAnswer:
    request = SqlRequest(datasource=datasource, question=question)
    return await container.sql.answer(who, request, interactive=False)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_each_layer_alone_and_both_show_the_same_rows(
    container: Container, url: str, question: str
) -> None:
    found = {}
    for who in (SHOP_7, SHOP_8):
        answers = [
            await ask(container, who, layer, question) for layer in ("guard", "database", "both")
        ]
        assert [answer.error for answer in answers] == [None, None, None]
        assert answers[0].rows == answers[1].rows == answers[2].rows != []
        found[who.subject] = answers[0].rows
    # The two shops differ, so equal rows would be somebody else's.
    assert found["ann"] != found["bea"]


async def test_the_guards_condition_is_what_a_forgetful_policy_lacks(container: Container) -> None:
    guarded = await ask(container, SHOP_7, "both", QUESTIONS[0])
    forgetful = await ask(container, SHOP_7, "database", QUESTIONS[0])
    assert '"shop"' in guarded.sql and '"shop"' not in forgetful.sql
    assert guarded.rows == forgetful.rows == [[300]]


@pytest.mark.parametrize("layer", ["guard", "database", "both"])
async def test_a_query_that_asks_for_a_foreign_shop_finds_nothing(
    container: Container, layer: str
) -> None:
    question, sql = "What did the other shop sell?", "SELECT id, amount FROM orders WHERE shop = 8"
    await container.sql_examples.approve(
        SHOP_7, NewExample(datasource=layer, question=question, sql=sql)
    )
    answer = await ask(container, SHOP_7, layer, question)
    assert (answer.route, answer.error, answer.rows) == ("verified", None, [])
    theirs = await ask(container, SHOP_8, layer, question)
    assert len(theirs.rows) == 100


@pytest.mark.parametrize("layer", ["guard", "database", "both"])
async def test_who_has_no_shop_gets_no_row(container: Container, layer: str) -> None:
    answer = await ask(container, NOBODY, layer, QUESTIONS[0])
    assert answer.error is not None and answer.rows == []


@pytest.mark.parametrize("layer", ["guard", "database", "both"])
async def test_names_of_a_foreign_shop_are_not_even_known(container: Container, layer: str) -> None:
    opened = await container.datasources.open(SHOP_7, layer)
    index, missing = await read_values(
        opened.provider,
        opened.catalog,
        tenant=opened.tenant,
        limits=opened.policy.query_limits,
        settings=opened.settings,
        most=1000,
    )
    assert missing == []
    known = index.values("customers", "name")
    assert sorted(known) == sorted(f"Organisation {number}" for number in range(41) if number % 4)
