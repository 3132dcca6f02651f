"""Traces over HTTP: the trace that an answer names, for those who may see it."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from providers.principal import Principal, Role
from service.container import Container
from service.schemas import AskRequest

KeyOf = Callable[[Role], Awaitable[dict[str, str]]]
QUESTION = {"question": "How often should I descale the boiler? I am bob@example.com"}
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_the_trace_of_an_answer_is_the_one_that_the_api_names(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    answer = await client.post("/api/ask", json=QUESTION, headers={"traceparent": PARENT})
    trace_id = answer.json()["trace_id"]
    assert trace_id == answer.headers["X-Trace-Id"] == PARENT[3:35]
    found = (await client.get(f"/api/traces/{trace_id}")).json()
    assert found["trace"]["name"] == "query"
    assert found["trace"]["asked"].endswith("I am [email]")
    by_name = {span["name"]: span for span in found["spans"]}
    request, query = by_name["POST /api/ask"], by_name["query"]
    assert request["parent_id"] == PARENT[36:52]
    assert request["attributes"]["status"] == 200
    assert query["parent_id"] == request["span_id"]
    assert by_name["retrieve"]["parent_id"] == query["span_id"]
    assert by_name["retrieve"]["attributes"]["retrieved_document_ids"] == [manual["document_id"]]
    assert "bob@example.com" not in str(found)
    # A look at documents is no trace, it is only counted.
    names = {trace["name"] for trace in (await client.get("/api/traces")).json()["traces"]}
    assert names == {"query", "ingest"}


async def test_an_experiment_of_the_caller_is_on_every_span(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    said = {"baggage": "experiment=rerank,variant=b,tenant_id=other"}
    tagged = (await client.post("/api/ask", json=QUESTION, headers=said)).json()
    plain = (await client.post("/api/ask", json=QUESTION)).json()
    found = (await client.get(f"/api/traces/{tagged['trace_id']}")).json()
    assert (found["trace"]["experiment"], found["trace"]["variant"]) == ("rerank", "b")
    tags = {
        (each["attributes"]["experiment"], each["attributes"]["variant"]) for each in found["spans"]
    }
    assert tags == {("rerank", "b")} and len(found["spans"]) > 5
    # The next request is not part of it.
    other = (await client.get(f"/api/traces/{plain['trace_id']}")).json()
    assert (other["trace"]["experiment"], other["trace"]["variant"]) == (None, None)


async def test_lists_are_filtered_and_paged(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    for text in ("citric acid", "vinegar"):
        await client.post("/api/search", json={"query": text})
    page = (await client.get("/api/traces", params={"graph": "search", "limit": 1})).json()
    assert [trace["asked"] for trace in page["traces"]] == ["vinegar"]
    assert page["more"] is True
    page = (await client.get("/api/traces", params={"text": "citric"})).json()
    assert [trace["asked"] for trace in page["traces"]] == ["citric acid"]
    assert (await client.get("/api/traces", params={"state": "odd"})).status_code == 422


async def test_a_replay_shows_what_differs_and_says_that_it_is_masked(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    first = (await client.post("/api/ask", json=QUESTION)).json()
    path = f"/api/traces/{first['trace_id']}/replay"
    found = (await client.post(path, json={"prompts": "recorded"})).json()
    assert found["same"] is True and found["difference"] == []
    assert found["asked"].endswith("I am [email]")
    assert "masked" in found["note"]
    assert found["after"]["trace_id"] != first["trace_id"]
    assert found["before"]["prompts"] == found["after"]["prompts"]
    # A document that has gone makes a difference.
    await client.delete(f"/api/documents/{manual['document_id']}")
    found = (await client.post(path, json={})).json()
    assert found["same"] is False
    assert any(line.startswith("-Descale the boiler") for line in found["difference"])


async def test_what_cannot_be_run_again_is_refused(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    page = (await client.get("/api/traces", params={"graph": "ingest"})).json()
    refused = await client.post(f"/api/traces/{page['traces'][0]['trace_id']}/replay", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/trace-not-replayable")
    missing = await client.get(f"/api/traces/{'0' * 32}")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/trace-not-found")


async def test_traces_are_for_editors_of_the_tenant(
    client: httpx.AsyncClient, container: Container, key_of: KeyOf, manual: dict[str, Any]
) -> None:
    other = Principal(tenant_id="other", subject="eve", roles=frozenset({Role.ADMIN}))
    theirs = await container.answering.answer(other, AskRequest(question="secret plans?"))
    reader, editor = await key_of(Role.READER), await key_of(Role.EDITOR)
    assert (await client.get("/api/traces", headers=reader)).status_code == 403
    page = (await client.get("/api/traces", headers=editor)).json()
    assert "secret plans?" not in str(page)
    hidden = await client.get(f"/api/traces/{theirs.trace_id}", headers=editor)
    assert hidden.status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/api/slo"])
async def test_figures_are_for_administrators(
    client: httpx.AsyncClient, key_of: KeyOf, path: str
) -> None:
    admin, editor = await key_of(Role.ADMIN), await key_of(Role.EDITOR)
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=editor)).status_code == 403
    assert (await client.get(path, headers=admin)).status_code == 200
