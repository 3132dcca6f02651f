"""What arrives at a Langfuse server, and what happens to requests when it does not answer."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio.to_thread
import pytest

from examples.shop.making import POLICY, make_shop
from graphs.text_to_sql.policy import load_policy
from providers.principal import local_principal
from service.agent_schemas import AgentRequest
from service.container import Container, open_container
from service.correlation import start_trace
from service.datasource_schemas import NewDatasource
from service.library import Upload
from service.schemas import AskRequest, SearchRequest
from service.settings import load_settings
from service.sql_schemas import SqlAnswer, SqlRequest
from service.tracing.langfuse import chosen
from service.tracing.schemas import TraceFilter
from tests.service.tracing.sink import Sink, sink

MANUAL = "# Brisk 12\n\n## Descaling\n\nDescale the kettle every 60 days. Use citric acid.\n"
QUESTION = "How often should I descale the kettle? Write to bob@example.com"
ANSWER = "langfuse.observation."
QUERY_NODES = [
    "guard_input",
    "guard_question",
    "condense",
    "look_up",
    "retrieve",
    "guard_meaning",
    "guard_passages",
    "fit_context",
    "synthesize",
    "check_citations",
    "record",
    "remember",
]
SQL_QUESTION = "Which share of the revenue came from bakeries? Write to bob@example.com"
DRAFT = "SELECT city, COUNT(*) AS customers FROM customers GROUP BY city"
SQL_NODES = [
    "intake",
    "scope",
    "classify",
    "link",
    "recall",
    "generate",
    "validate",
    "plan",
    "execute",
    "check",
    "answer",
    "learn",
]
AGENT_NODES = ["receive", "route", "call_tool", "answer", "record"]
INGEST_NODES = [
    "fetch",
    "check_licence",
    "store_raw",
    "validate",
    "parse",
    "compare",
    "dedupe",
    "chunk",
    "embed",
    "index",
    "publish",
]


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


def written(draft: str) -> dict[str, Any]:
    """Return a model that writes this query, whatever it is asked."""
    reply = {"sql": draft, "assumptions": ["Cities stand for shares."], "ambiguous": []}
    return {
        "plugin": "scripted",
        "options": {"reply": json.dumps(reply)},
        "prices": {"input": 3.0, "output": 4.0},
    }


@asynccontextmanager
async def opened(
    home: Path, empty_database: Path, *, draft: str = DRAFT, **langfuse: Any
) -> AsyncIterator[Container]:
    """Open a service that sends to Langfuse, with a chat model that costs something."""
    await anyio.to_thread.run_sync(shutil.copytree, empty_database.parent, home)
    settings = load_settings(
        home=home,
        embedder={"plugin": "hashing"},
        parser={"plugin": "text"},
        reranker={"enabled": False},
        guards={"question": ["rules"], "passage": ["rules"]},
        models={
            "priced": {"plugin": "extractive", "prices": {"input": 1.0, "output": 2.0}},
            "writer": written(draft),
        },
        roles={
            "synthesize": {"models": ["priced"]},
            "sql": {"models": ["writer"]},
            "agent": {"models": ["writer"]},
        },
        tracing={"langfuse": langfuse, "flush_s": 0.02},
    )
    async with open_container(settings) as container:
        yield container


async def ingested(container: Container, folder: Path) -> None:
    path = folder / "brisk.md"
    path.write_text(MANUAL, encoding="utf-8")
    principal = local_principal()
    job = await container.library.submit(
        principal, "default", [Upload(source="brisk.md", path=path, keep=True)]
    )
    async for _ in container.jobs.events(principal, job.job_id):
        pass


@pytest.fixture(autouse=True)
def _away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Away from the repository's own config.yaml.
    monkeypatch.chdir(tmp_path)


def keys(url: str, **more: Any) -> dict[str, Any]:
    # The SDK keeps one client a key as long as the process lives.
    return {"public_key": f"pk-{uuid4()}", "secret_key": "sk", "base_url": url, **more}


@pytest.fixture
def receiver() -> Iterator[Sink]:
    with sink() as found:
        yield found


async def test_every_node_and_call_arrives_in_its_place(
    tmp_path: Path, empty_database: Path, receiver: Sink
) -> None:
    principal = local_principal()
    async with opened(tmp_path / "home", empty_database, **keys(receiver.url)) as container:
        await ingested(container, tmp_path)
        answer = await container.answering.answer(principal, AskRequest(question=QUESTION))
        await container.answering.search(principal, SearchRequest(query="citric acid"))
    assert receiver.authorization is not None
    assert receiver.authorization.startswith("Basic ")
    above = receiver.above
    # Every graph and every node of it, in its place.
    query = receiver.one("query")
    assert query.trace == answer.trace_id
    assert query.attributes["langfuse.trace.name"] == "query"
    of_query = [span for span in receiver.spans if span.trace == query.trace]
    assert [s.name for s in of_query if s.parent == query.id] == QUERY_NODES
    ingest = receiver.one("ingest")
    assert above(ingest) == "job.ingest"
    assert [s.name for s in receiver.spans if s.parent == ingest.id] == INGEST_NODES
    search = receiver.one("search")
    assert [s.name for s in receiver.spans if s.parent == search.id] == ["guard_input", "retrieve"]
    # Every call of a provider below the node that made it.
    found = {(span.name, above(span)) for span in receiver.spans}
    assert found >= {
        ("parser.parse", "parse"),
        ("embedder.embed", "embed"),
        ("sparse_encoder.encode", "embed"),
        ("vector_store.upsert", "index"),
        ("embedder.embed", "retrieve"),
        ("vector_store.search", "retrieve"),
        ("guardrail.inspect", "guard_question"),
        ("guardrail.inspect", "guard_passages"),
        ("model.synthesize", "synthesize"),
        ("embedder.embed", "model.synthesize"),
    }


async def test_a_generation_says_prompt_usage_and_cost(
    tmp_path: Path, empty_database: Path, receiver: Sink
) -> None:
    async with opened(tmp_path / "home", empty_database, **keys(receiver.url)) as container:
        await ingested(container, tmp_path)
        principal = local_principal()
        answer = await container.answering.answer(principal, AskRequest(question=QUESTION))
        async with container.database.begin(principal) as transaction:
            (row,) = await transaction.llm_calls.of_trace(answer.trace_id)
    call = receiver.one("model.synthesize")
    said = call.attributes
    assert receiver.above(call) == "synthesize"
    assert said[f"{ANSWER}type"] == "generation"
    assert said[f"{ANSWER}model.name"] == row.model
    assert json.loads(said[f"{ANSWER}usage_details"]) == {
        "input": row.input_tokens,
        "output": row.output_tokens,
    }
    assert json.loads(said[f"{ANSWER}cost_details"])["total"] == pytest.approx(row.cost_usd)
    assert row.cost_usd > 0
    assert said[f"{ANSWER}prompt.name"] == "synthesize"
    assert json.loads(said[f"{ANSWER}metadata.prompt_hash"]) == row.prompt_hash
    # What is personal is masked before anything leaves.
    everything = json.dumps([span.attributes for span in receiver.spans])
    assert "bob@example.com" not in everything
    assert "[email]" in everything


async def asked_shop(container: Container, shop_file: Path, question: str) -> SqlAnswer:
    principal = local_principal()
    shop = NewDatasource(name="shop", url=f"sqlite:///{shop_file}", policy=load_policy(POLICY))
    await container.datasources.add(principal, shop)
    return await container.sql.answer(principal, SqlRequest(datasource="shop", question=question))


async def test_every_node_and_call_of_a_question_to_a_database_arrives(
    tmp_path: Path, empty_database: Path, shop_file: Path, receiver: Sink
) -> None:
    principal = local_principal()
    async with opened(tmp_path / "home", empty_database, **keys(receiver.url)) as container:
        answer = await asked_shop(container, shop_file, SQL_QUESTION)
        async with container.database.begin(principal) as transaction:
            (row,) = await transaction.llm_calls.of_trace(answer.trace_id)
        listed = await container.traces.page(principal, TraceFilter(graph="text_to_sql"))
    assert (answer.route, answer.error) == ("llm", None)
    run = receiver.one("text_to_sql")
    assert run.trace == answer.trace_id
    assert run.attributes["langfuse.trace.name"] == "text_to_sql"
    assert [s.name for s in receiver.spans if s.parent == run.id] == SQL_NODES
    call = receiver.one("model.sql")
    assert receiver.above(call) == "generate"
    assert call.attributes[f"{ANSWER}type"] == "generation"
    assert json.loads(call.attributes[f"{ANSWER}usage_details"]) == {
        "input": row.input_tokens,
        "output": row.output_tokens,
    }
    cost = json.loads(call.attributes[f"{ANSWER}cost_details"])["total"]
    assert cost == pytest.approx(row.cost_usd) and cost > 0
    assert call.attributes[f"{ANSWER}prompt.name"] == "sql"
    # The own store has the same run, with what it cost.
    (trace,) = listed.traces
    assert (trace.trace_id, trace.state) == (answer.trace_id, "ok")
    assert trace.cost_usd == pytest.approx(row.cost_usd)


async def test_every_node_and_tool_of_the_agent_arrives(
    tmp_path: Path, empty_database: Path, receiver: Sink
) -> None:
    principal = local_principal()
    async with opened(tmp_path / "home", empty_database, **keys(receiver.url)) as container:
        await ingested(container, tmp_path)
        answer = await container.agent.answer(principal, AgentRequest(question=QUESTION))
        async with container.database.begin(principal) as transaction:
            rows = await transaction.llm_calls.of_trace(answer.trace_id)
    assert [call.tool for call in answer.calls] == ["ask_documents"]
    run, tool, query = (receiver.one(name) for name in ("agent", "ask_documents", "query"))
    assert run.trace == answer.trace_id == query.trace
    assert [s.name for s in receiver.spans if s.parent == run.id] == AGENT_NODES
    assert tool.attributes[f"{ANSWER}type"] == "tool"
    assert (receiver.above(tool), receiver.above(query)) == ("call_tool", "ask_documents")
    assert [s.name for s in receiver.spans if s.parent == query.id] == QUERY_NODES
    # The model that was to choose, and the one that wrote.
    for name, place in (("agent", "route"), ("synthesize", "synthesize")):
        call, (row,) = receiver.one(f"model.{name}"), [r for r in rows if r.function == name]
        assert receiver.above(call) == place
        assert json.loads(call.attributes[f"{ANSWER}usage_details"]) == {
            "input": row.input_tokens,
            "output": row.output_tokens,
        }
        cost = json.loads(call.attributes[f"{ANSWER}cost_details"])["total"]
        assert cost == pytest.approx(row.cost_usd) and cost > 0
        assert call.attributes[f"{ANSWER}prompt.name"] == name


async def test_what_a_database_holds_is_in_no_trace(
    tmp_path: Path, empty_database: Path, shop_file: Path, receiver: Sink
) -> None:
    async with opened(tmp_path / "home", empty_database, **keys(receiver.url)) as container:
        answer = await asked_shop(container, shop_file, SQL_QUESTION)
        asked = AgentRequest(question="How many customers are there in each city?")
        told = await container.agent.answer(local_principal(), asked)
    assert told.database is not None
    cities = [row[0] for row in (*answer.rows, *told.database.rows)]
    everything = json.dumps([span.attributes for span in receiver.spans])
    assert cities and not [city for city in cities if city in everything]
    assert "bob@example.com" not in everything and "[email]" in everything


async def test_a_query_that_had_to_be_mended_shows_each_call_in_its_place(
    tmp_path: Path, empty_database: Path, shop_file: Path, receiver: Sink
) -> None:
    given = keys(receiver.url)
    misspelt = "SELECT citty FROM customers"
    async with opened(tmp_path / "home", empty_database, draft=misspelt, **given) as container:
        answer = await asked_shop(container, shop_file, SQL_QUESTION)
    assert answer.error is not None
    calls = receiver.named("model.sql")
    assert [receiver.above(call) for call in calls] == ["generate", "repair"]
    (refused, *_) = receiver.named("validate")
    assert json.loads(refused.attributes[f"{ANSWER}metadata.problem"]) == "sql_policy"


async def test_a_run_that_asks_back_and_waits_has_not_failed(
    tmp_path: Path, empty_database: Path, shop_file: Path, receiver: Sink
) -> None:
    principal = local_principal()
    async with opened(
        tmp_path / "home", empty_database, draft="", **keys(receiver.url)
    ) as container:
        waiting = await asked_shop(container, shop_file, SQL_QUESTION)
        assert waiting.clarify is not None and waiting.clarify.run_id is not None
        start_trace()
        resumed = await container.sql.answer(
            principal,
            SqlRequest(
                datasource="shop",
                run_id=waiting.clarify.run_id,
                choice="How many customers are there?",
            ),
        )
        listed = await container.traces.page(principal, TraceFilter(graph="text_to_sql"))
    assert resumed.rows == [[60]]
    later, earlier = listed.traces
    assert (later.state, earlier.state) == ("ok", "ok")
    assert [later.trace_id, earlier.trace_id] == [resumed.trace_id, waiting.trace_id]
    assert later.asked == "How many customers are there?"
    first, second = receiver.named("text_to_sql")
    run_id = f"{ANSWER}metadata.run_id"
    assert first.attributes[run_id] == second.attributes[run_id]
    assert first.attributes[f"{ANSWER}output"] == waiting.clarify.question


async def test_what_is_not_sent_is_kept_all_the_same(
    tmp_path: Path, empty_database: Path, receiver: Sink
) -> None:
    given = keys(receiver.url, sample_rate=0.0)
    async with opened(tmp_path / "home", empty_database, **given) as container:
        await ingested(container, tmp_path)
        page = await container.traces.page(local_principal(), TraceFilter())
    assert [trace.name for trace in page.traces] == ["ingest"]
    assert not receiver.spans


@pytest.mark.parametrize("behaviour", [{"status": 500}, {"delay_s": 30.0}, {"gone": True}])
async def test_a_server_that_fails_slows_nothing_and_raises_nothing(
    tmp_path: Path, empty_database: Path, behaviour: dict[str, Any]
) -> None:
    gone = behaviour.pop("gone", False)
    with sink(**behaviour) as bad:
        given = keys("http://127.0.0.1:9" if gone else bad.url, timeout_s=1)
        async with opened(tmp_path / "home", empty_database, **given) as container:
            await ingested(container, tmp_path)
            principal = local_principal()
            answer = await container.answering.answer(principal, AskRequest(question=QUESTION))
            await asyncio.sleep(0.1)
            tree = await container.traces.tree(principal, answer.trace_id)
            assert tree.trace.state == "ok"
            ended = time.perf_counter()
    assert time.perf_counter() - ended < 10


async def test_without_keys_the_sdk_is_not_even_imported(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "service.tracing.langfuse", raising=False)
    async with opened(tmp_path / "home", empty_database) as container:
        assert container.tracer.store is not None
        assert "service.tracing.langfuse" not in sys.modules


def test_the_choice_of_traces_is_by_trace_id() -> None:
    ids = [uuid4().hex for _ in range(4000)]
    sent = [id for id in ids if chosen(id, 0.25)]
    assert 0.2 < len(sent) / len(ids) < 0.3
    assert sent == [id for id in ids if chosen(id, 0.25)]
    assert all(chosen(id, 1.0) for id in ids) and not any(chosen(id, 0.0) for id in ids)
