"""Feedback over HTTP: votes, the review queue, golden rows, analytics."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from data.models import CandidateState
from providers.principal import Role
from service.container import Container

QUESTION = "How often must the boiler be descaled?"


@pytest.fixture
async def answer(client: httpx.AsyncClient, manual: dict[str, Any]) -> dict[str, Any]:
    """An answer that was given."""
    found: dict[str, Any] = (await client.post("/api/ask", json={"question": QUESTION})).json()
    return found


async def vote(client: httpx.AsyncClient, trace_id: str, kind: str, **more: Any) -> httpx.Response:
    body = {"trace_id": trace_id, "kind": kind, **more}
    return await client.post("/api/feedback", json=body)


async def test_a_second_thumb_replaces_the_first(
    client: httpx.AsyncClient, answer: dict[str, Any]
) -> None:
    assert (await vote(client, answer["trace_id"], "up")).status_code == 201
    assert (await vote(client, answer["trace_id"], "down", comment="no")).status_code == 201
    assert (await vote(client, answer["trace_id"], "copy")).status_code == 201
    listed = (await client.get("/api/feedback")).json()
    assert (listed["total"], [f["kind"] for f in listed["feedback"]]) == (2, ["copy", "down"])
    only = (await client.get("/api/feedback", params={"kind": "down"})).json()
    assert only["feedback"][0]["comment"] == "no"


async def test_a_comment_is_kept_without_what_is_personal_and_a_correction_whole(
    client: httpx.AsyncClient, answer: dict[str, Any]
) -> None:
    said = {"comment": "Write to me@example.org", "correction": "Ask desk@example.org."}
    kept = (await vote(client, answer["trace_id"], "down", **said)).json()
    assert kept["comment"] == "Write to [email]"
    assert kept["correction"] == "Ask desk@example.org."


async def test_a_message_and_a_completion_are_voted_on(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    await client.post("/api/ask", json={"question": QUESTION, "conversation_id": "talk"})
    turns = (await client.get("/api/conversations/talk")).json()["turns"]
    body = {"message_id": turns[-1]["message_id"], "kind": "up"}
    assert (await client.post("/api/feedback", json=body)).json()["trace_id"] == turns[-1][
        "trace_id"
    ]
    chat = {"model": "cicerone", "messages": [{"role": "user", "content": QUESTION}]}
    done = (await client.post("/v1/chat/completions", json=chat)).json()
    kept = await client.post("/v1/feedback", json={"id": done["id"], "rating": "down"})
    assert (kept.status_code, kept.json()["completion"]) == (201, done["id"])
    gone = await client.post("/v1/feedback", json={"id": "chatcmpl-0", "rating": "down"})
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "answer_not_found"


async def test_feedback_on_somebody_elses_answer_is_refused(
    client: httpx.AsyncClient, answer: dict[str, Any], key_of: Any
) -> None:
    await client.post("/api/ask", json={"question": QUESTION, "conversation_id": "mine"})
    turns = (await client.get("/api/conversations/mine")).json()["turns"]
    headers = await key_of(Role.READER)
    body = {"trace_id": answer["trace_id"], "kind": "up"}
    refused = await client.post("/api/feedback", json=body, headers=headers)
    assert refused.status_code == 404
    assert "was given to you" in refused.json()["detail"]
    body = {"message_id": turns[-1]["message_id"], "kind": "up"}
    assert (await client.post("/api/feedback", json=body, headers=headers)).status_code == 404
    assert (await client.get("/api/feedback", headers=headers)).status_code == 403
    assert (await client.get("/api/analytics/searches", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "up"},
        {"kind": "up", "trace_id": "a", "message_id": "b"},
        {"kind": "maybe", "trace_id": "a"},
        {"kind": "up", "trace_id": "a", "comment": " "},
    ],
)
async def test_feedback_must_name_one_answer(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/api/feedback", json=body)).status_code == 422


async def test_votes_become_golden_rows_when_a_person_agrees(
    client: httpx.AsyncClient, answer: dict[str, Any], container: Container
) -> None:
    await vote(client, answer["trace_id"], "up")
    silent = (await client.post("/api/ask", json={"question": "Who won the match?"})).json()
    assert silent["abstained"]
    await vote(client, silent["trace_id"], "down", comment="it is in the manual")
    collected = (await client.post("/api/feedback/collect")).json()
    assert collected == {"votes": 2, "candidates": 2, "forgotten": 0}
    assert (await client.post("/api/feedback/collect")).json()["votes"] == 0

    queue = (await client.get("/api/feedback/candidates")).json()["candidates"]
    liked, disliked = queue
    assert (liked["question"], liked["answer"]) == (QUESTION, answer["answer"])
    assert liked["document"] == "manual.md"
    assert disliked["why"] == "thumbs down: it is in the manual"
    assert (disliked["answerable"], disliked["answer"]) == (True, None)

    path = f"/api/feedback/candidates/{disliked['id']}"
    needs = await client.post(f"{path}/accept", json={})
    assert (needs.status_code, needs.json()["type"]) == (422, "/problems/candidate-unusable")
    mended = await client.post(f"{path}/accept", json={"answerable": False})
    assert mended.json()["state"] == "accepted"
    assert (await client.post(f"/api/feedback/candidates/{liked['id']}/reject")).status_code == 200
    golden = await client.get("/api/feedback/candidates", params={"state": "accepted"})
    assert [row["id"] for row in golden.json()["candidates"]] == [disliked["id"]]
    gone = await client.post("/api/feedback/candidates/none/reject")
    assert gone.status_code == 404

    # A rejected question is not suggested again.
    again = (await client.post("/api/ask", json={"question": QUESTION})).json()
    await vote(client, again["trace_id"], "up")
    await container.review.collect_all()
    pending = await client.get(
        "/api/feedback/candidates", params={"state": CandidateState.PENDING.value}
    )
    assert pending.json()["total"] == 0


async def test_searches_are_analysed(
    app: FastAPI, client: httpx.AsyncClient, answer: dict[str, Any]
) -> None:
    found = await client.post("/api/search", json={"query": "Descaling  interval?"})
    trace = found.headers["x-trace-id"]
    hit = found.json()["hits"][0]
    await vote(client, trace, "click", document_id=hit["document_id"], rank=1)
    await client.post("/api/ask", json={"question": "Who won the football match?"})
    body = (await client.get("/api/analytics/searches", params={"days": 1})).json()
    assert (body["searches"], body["null_results"]) == (3, 1)
    assert body["click_through_rate"] == pytest.approx(1 / 3, abs=1e-3)
    assert body["seconds_to_click"] >= 0
    queries = {row["query"]: row for row in body["top_queries"]}
    assert queries["descaling interval"] == {
        "query": "descaling interval",
        "times": 1,
        "clicked": 1.0,
    }
    assert body["top_null_queries"][0]["query"] == "who won the football match"
