"""What the tools offer to whom; their calls are tested over MCP."""

from dataclasses import replace
from pathlib import Path

import pytest

from examples.shop.making import POLICY
from graphs.text_to_sql.policy import load_policy
from providers.principal import AUDIENCE, PUBLIC, Role, local_principal
from service.container import Container
from service.datasource_schemas import NewDatasource
from service.errors import ForbiddenError, ToolArgumentsError, ToolNotFoundError

LOCAL = local_principal()


@pytest.fixture
async def shop(container: Container, sample_shop: Path) -> str:
    new = NewDatasource(name="shop", url=str(sample_shop), policy=load_policy(POLICY))
    await container.datasources.add(LOCAL, new)
    return "shop"


@pytest.mark.usefixtures("shop")
async def test_databases_are_named_to_members_and_closed_to_the_public(
    container: Container,
) -> None:
    public = replace(LOCAL, roles=frozenset({Role.READER}), attributes={AUDIENCE: PUBLIC})
    offered = (await container.tools.offered(LOCAL))[-1]
    assert offered.parameters["properties"]["datasource"].get("enum") == ["shop"]
    plain = container.tools.parameters("query_database")
    assert plain is not None and "enum" not in plain["properties"]["datasource"]
    names = [one.name for one in await container.tools.offered(public)]
    assert names == ["search_documents", "ask_documents"]
    asked = {"question": "How many orders are there?", "datasource": "shop"}
    with pytest.raises(ForbiddenError, match="public"):
        await container.tools.call(public, "query_database", asked)
    assert (await container.tools.call(LOCAL, "query_database", asked))["rows"]


async def test_a_tenant_without_datasources_is_offered_the_documents(container: Container) -> None:
    names = [one.name for one in await container.tools.offered(LOCAL)]
    assert names == ["search_documents", "ask_documents"]


async def test_what_is_no_tool_or_no_argument_is_refused(container: Container) -> None:
    with pytest.raises(ToolNotFoundError, match="search_documents"):
        await container.tools.call(LOCAL, "x" * 10_000, {})
    with pytest.raises(ToolArgumentsError) as refusal:
        await container.tools.call(LOCAL, "search_documents", {"question": "a", "y" * 10_000: 1})
    assert len(str(refusal.value)) <= 200
    assert container.tools.parameters("nothing") is None
