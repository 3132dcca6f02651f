"""Who may call, how often, and how."""

from typing import Any

import httpx
import pytest

from api.app import create_app
from providers.principal import Role
from service.container import Container
from service.settings import Settings
from tests.api.mcp.conftest import ANN

pytestmark = pytest.mark.integration
QUESTION = "How often must the boiler be descaled?"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ck_wrong"}])
async def test_without_a_key_nothing_is_served(
    served: str, secret_of: Any, headers: dict[str, str]
) -> None:
    await secret_of(ANN)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    async with httpx.AsyncClient() as http:
        response = await http.post(f"{served}/mcp", json=body, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["type"].startswith("/problems/credential-")


async def test_questions_have_the_budget_of_questions(
    settings: Settings, container: Container, serve: Any, secret_of: Any
) -> None:
    limited = settings.model_copy(
        update={
            "server": settings.server.model_copy(
                update={
                    "rate_limit": settings.server.rate_limit.model_copy(
                        update={"questions": "1/minute"}
                    )
                }
            )
        }
    )
    headers = {
        "Authorization": f"Bearer {await secret_of(ANN)}",
        "Accept": "application/json, text/event-stream",
    }
    call = {"name": "search_documents", "arguments": {"question": QUESTION}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    async with serve(create_app(limited, container)) as address, httpx.AsyncClient() as http:
        said = [
            (await http.post(f"{address}/mcp", json=body, headers=headers)).text for _ in range(2)
        ]
    assert "/problems/rate-limited" not in said[0]
    assert "/problems/rate-limited" in said[1]


async def test_other_methods_are_told_which_one_to_use(client: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        response = await client.request(method, "/mcp")
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_body_has_the_limit_of_the_api(client: httpx.AsyncClient) -> None:
    response = await client.post("/mcp", content=b" " * (1024 * 1024 + 1))
    assert response.status_code == 413
    assert response.json()["type"] == "/problems/body-too-large"


async def test_a_page_of_somebody_else_may_not_call_an_open_service(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post("/mcp", json={}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


async def test_the_public_finds_what_is_public(
    client: httpx.AsyncClient, manual: dict[str, Any], talk: Any, secret_of: Any
) -> None:
    admin = {"Authorization": f"Bearer {await secret_of(ANN, role=Role.ADMIN)}"}
    async with talk(await secret_of(ANN, public=True)) as visitor:
        found = await visitor.call_tool("search_documents", {"question": QUESTION})
        assert found.structured_content["passages"] == []
        address = f"/api/documents/{manual['document_id']}"
        changed = await client.patch(address, json={"is_public": True}, headers=admin)
        assert changed.status_code == 200
        found = await visitor.call_tool("search_documents", {"question": QUESTION})
    assert found.structured_content["passages"][0]["document"] == "manual.md"
