from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphs.errors import CollectionNotFoundError
from graphs.query.graph import build_search
from providers.principal import Principal
from tools.search_documents import MOST_PASSAGES, SearchDocuments

pytestmark = pytest.mark.integration


@pytest.fixture
def tool(bench: Any) -> SearchDocuments:
    return SearchDocuments(build_search(bench.providers, bench.database, bench.settings))


async def test_a_passage_says_where_it_stands(tool: SearchDocuments, principal: Principal) -> None:
    found = await tool(principal, question="How many litres does the KX-200 hold?", limit=2)
    first = found["passages"][0]
    assert len(found["passages"]) == 2
    assert "1.7 litres" in first["text"]
    assert (first["document"], first["version"]) == ("kettle.md", 1)
    assert first["title"] == "KX-200 kettle"
    assert first["heading_path"][-1] == "Capacity"
    assert first["score"] >= found["passages"][1]["score"]
    assert found["degraded"] == []


async def test_another_tenant_finds_nothing(tool: SearchDocuments, principal: Principal) -> None:
    stranger = Principal(tenant_id="stranger", subject="eve", roles=principal.roles)
    found = await tool(stranger, question="How many litres does the KX-200 hold?")
    assert found["passages"] == []


async def test_an_unknown_collection_is_refused(
    tool: SearchDocuments, principal: Principal
) -> None:
    with pytest.raises(CollectionNotFoundError, match="nowhere"):
        await tool(principal, question="kettle", collection="nowhere")


@pytest.mark.parametrize("limit", [0, MOST_PASSAGES + 1])
async def test_a_limit_out_of_range_is_refused(
    tool: SearchDocuments, principal: Principal, limit: int
) -> None:
    with pytest.raises(ValueError, match="limit"):
        await tool(principal, question="kettle", limit=limit)


@pytest.mark.parametrize("extra", [{"tenant_id": "acme"}, {"limit": 99}, {"question": 1}])
def test_the_definition_admits_nothing_else(extra: dict[str, Any]) -> None:
    validator = Draft202012Validator(dict(SearchDocuments.definition.parameters))
    assert validator.is_valid({"question": "kettle", "collection": "default", "limit": 3})
    assert not validator.is_valid({"question": "kettle", **extra})
