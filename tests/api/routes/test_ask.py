"""Questions and searches."""

import json
from typing import Any

import httpx
import pytest

from service.schemas import Answer, SearchResult

QUESTION = {"question": "How often must the boiler be descaled?"}


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        found.append((lines["event"], json.loads(lines["data"])))
    return found


@pytest.mark.usefixtures("manual")
async def test_answers_with_a_checked_citation(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/ask", json=QUESTION)
    answer = Answer.model_validate(response.json())
    assert "60 days" in answer.answer
    assert answer.citations[0].source == "manual.md"
    assert answer.trace_id == response.headers["x-trace-id"]


@pytest.mark.usefixtures("manual")
@pytest.mark.parametrize(
    ("extra", "headers"), [({"stream": True}, {}), ({}, {"Accept": "text/event-stream"})]
)
async def test_streams_typed_events(
    client: httpx.AsyncClient, extra: dict[str, Any], headers: dict[str, str]
) -> None:
    response = await client.post("/api/ask", json={**QUESTION, **extra}, headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = _events(response.text)
    assert events[0][0] == "run.started"
    assert events[0][1]["trace_id"] == response.headers["x-trace-id"]
    assert events[-1][0] == "run.finished"
    text = "".join(data["text"] for name, data in events if name == "token")
    assert text.strip() == Answer.model_validate(events[-1][1]).answer.strip()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_empty_service_abstains(client: httpx.AsyncClient, stream: bool) -> None:
    response = await client.post("/api/ask", json={**QUESTION, "stream": stream})
    assert response.status_code == 200
    body = _events(response.text)[-1][1] if stream else response.json()
    answer = Answer.model_validate(body)
    assert answer.abstained
    assert answer.citations == []


@pytest.mark.usefixtures("manual")
async def test_finds_passages(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/search", json={"query": "descale boiler", "k": 3})
    hits = SearchResult.model_validate(response.json()).hits
    assert 1 <= len(hits) <= 3
    assert "60 days" in hits[0].text


WRONG_QUESTIONS: list[tuple[dict[str, Any], int, str]] = [
    ({"question": ""}, 422, "question-empty"),
    ({"question": " \u200b\n "}, 422, "question-empty"),
    ({"question": "x" * 100_001}, 422, "validation-failed"),
    ({"question": "nul \0 byte"}, 422, "malformed-text"),
    ({"question": "q", "collection": "nowhere"}, 404, "collection-not-found"),
    ({"question": "q", "collection": "No Name"}, 422, "validation-failed"),
    ({"question": "q", "top_k": 0}, 422, "validation-failed"),
    ({"question": "q", "tenant_id": "other"}, 422, "validation-failed"),
    ({"question": None}, 422, "validation-failed"),
    ({}, 422, "validation-failed"),
]


@pytest.mark.usefixtures("manual")
@pytest.mark.parametrize("stream", [False, True])
async def test_refuses_a_wrong_question_with_its_own_status(
    client: httpx.AsyncClient, stream: bool
) -> None:
    for fields, status, slug in WRONG_QUESTIONS:
        response = await client.post("/api/ask", json={**fields, "stream": stream})
        assert response.status_code == status, (slug, response.text)
        assert response.json()["type"] == f"/problems/{slug}"
        assert len(response.content) < 2000


BROKEN_BODIES = [
    (b"", 422),
    (b"\xff\xfe", 400),
    (b'{"question": "\xff"}', 400),
    (b"{", 400),
    (b"[" * 20_000, 400),
    (b"[]", 422),
    (b'"text"', 422),
    (b"1" + b"0" * 5000, 400),
    (b'{"question": "\\ud800", "query": "\\ud800"}', 422),
    (b'{"a": {"b": ["\\u0000"]}}', 422),
    (b'{"question": NaN}', 422),
]


@pytest.mark.parametrize("path", ["/api/ask", "/api/search", "/v1/chat/completions", "/api/keys"])
async def test_refuses_a_broken_body(client: httpx.AsyncClient, path: str) -> None:
    headers = {"content-type": "application/json"}
    for body, status in BROKEN_BODIES:
        response = await client.post(path, content=body, headers=headers)
        assert response.status_code == status, (body[:20], response.text)


async def test_names_each_wrong_field_without_repeating_it(client: httpx.AsyncClient) -> None:
    body = {"query": 7, "k": 1000, "secret": "hunter2"}
    response = await client.post("/api/search", json=body)
    fields = {error["field"] for error in response.json()["errors"]}
    assert fields == {"body.query", "body.k", "body.secret"}
    assert "hunter2" not in response.text


@pytest.mark.usefixtures("manual")
async def test_an_answer_explains_itself_when_asked(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/api/ask", json={**QUESTION, "explain": True})).json()
    assert answer["explanation"][0]["outcome"] == "kept"
    assert answer["explanation"][0]["matched"]
    search = {"query": "boiler", "explain": True}
    found = (await client.post("/api/search", json=search)).json()
    assert len(found["explanation"]) >= len(found["hits"])
    assert (await client.post("/api/ask", json=QUESTION)).json()["explanation"] is None


@pytest.mark.usefixtures("manual")
async def test_a_chat_leans_on_its_earlier_turns(client: httpx.AsyncClient) -> None:
    asked = {
        "question": "How often?",
        "history": [{"role": "user", "content": QUESTION["question"]}],
    }
    answer = (await client.post("/api/ask", json=asked)).json()
    assert answer["condensed_question"] == "How often? (boiler descaled)"
    assert "60 days" in answer["answer"]
    messages = [
        {"role": "user", "content": QUESTION["question"]},
        {"role": "assistant", "content": "Every 60 days."},
        {"role": "user", "content": "How often?"},
    ]
    chat = await client.post("/v1/chat/completions", json={"messages": messages})
    assert "60 days" in chat.json()["choices"][0]["message"]["content"]


async def test_a_strategy_is_one_of_those_there_are(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/ask", json={**QUESTION, "strategy": "magic"})
    assert response.status_code == 422
    assert "vanilla" in response.text


@pytest.mark.usefixtures("manual")
@pytest.mark.parametrize(("pattern", "found"), [("man*", True), ("other*", False)])
async def test_filters_narrow_search_and_answer(
    client: httpx.AsyncClient, pattern: str, found: bool
) -> None:
    filters = {"source": pattern}
    searched = await client.post("/api/search", json={"query": "boiler", "filters": filters})
    assert bool(searched.json()["hits"]) is found
    asked = await client.post("/api/ask", json={**QUESTION, "filters": filters})
    assert asked.json()["abstained"] is not found
    chat = {"messages": [{"role": "user", "content": QUESTION["question"]}]}
    for extra in ({"filters": filters}, {"metadata": {"filter.source": pattern, "user": "7"}}):
        answered = await client.post("/v1/chat/completions", json={**chat, **extra})
        assert answered.json()["cicerone"]["abstained"] is not found


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/search", {"query": "boiler", "filters": {"langauge": "de"}}),
        ("/api/ask", {**QUESTION, "filters": {"langauge": "de"}}),
        (
            "/v1/chat/completions",
            {
                "messages": [{"role": "user", "content": "Why?"}],
                "metadata": {"filter.langauge": "de"},
            },
        ),
    ],
)
async def test_an_unknown_filter_is_refused_with_those_there_are(
    client: httpx.AsyncClient, address: str, body: dict[str, Any]
) -> None:
    response = await client.post(address, json=body)
    assert response.status_code == 422
    assert "no filter 'langauge'; known filters: document, source, language" in response.text
