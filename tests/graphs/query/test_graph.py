import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from data.values import AuditFilter
from graphs.query.errors import AnswerUnavailableError
from graphs.query.graph import build
from graphs.query.state import Context
from prompts.catalogue import Catalogue
from providers.chat_model.extractive import ExtractiveChatModel, ExtractiveConfig
from providers.chat_model.scripted import Fault, ScriptedChatModel, ScriptedConfig

HOLDS = "How many litres does the KX-200 kettle hold?"


def scripted(**options: Any) -> ScriptedChatModel:
    return ScriptedChatModel(ScriptedConfig(**options))


EXTRACTIVE = ExtractiveChatModel(ExtractiveConfig())


async def test_an_answer_with_a_citation_that_stands_in_the_document(bench: Any) -> None:
    found = await bench.ask(HOLDS)
    assert "1.7 litres" in found["answer"]
    assert found["abstained"] is False
    citation = found["citations"][0]
    assert citation.quote in "The KX-200 kettle holds 1.7 litres."
    assert citation.source == "kettle.md"
    assert citation.heading_path[-1] == "Capacity"
    assert found["degraded"] == []
    assert found["model"] == "extractive"
    assert found["usage"].output_tokens > 0


async def test_events_tell_the_run_in_order(bench: Any) -> None:
    found = await bench.ask(HOLDS)
    started = [event["node"] for event in bench.said("node.started")]
    assert started == [
        "guard_input",
        "condense",
        "retrieve",
        "fit_context",
        "synthesize",
        "check_citations",
        "record",
    ]
    (retrieved,) = bench.said("passages.retrieved")
    assert retrieved["reranked"] is False
    assert set(retrieved["hits"][0]) == {
        "rank",
        "score",
        "chunk_id",
        "document_id",
        "version",
        "source",
        "page",
        "heading_path",
        "text",
    }
    assert "".join(event["text"] for event in bench.said("token")) == found["answer"]
    assert [event["quote"] for event in bench.said("citation")] == [
        citation.quote for citation in found["citations"]
    ]


@pytest.mark.parametrize(
    ("question", "wording"),
    [
        ("What does a new lid for the KX-200 cost?", "The documents do not answer"),
        ("How many litres does the KX-300 kettle hold?", "The documents do not answer"),
        ("Wie teuer ist ein neuer Wassertank?", "Die Dokumente beantworten"),
    ],
)
async def test_what_the_documents_do_not_say_is_not_answered(
    bench: Any, question: str, wording: str
) -> None:
    found = await bench.ask(question)
    assert found["abstained"] is True
    assert found["citations"] == []
    assert found["answer"].startswith(wording)
    assert "".join(event["text"] for event in bench.said("token")) == found["answer"]


async def test_an_unsupported_sentence_never_leaves(bench: Any) -> None:
    reply = "The KX-200 kettle holds 1.7 litres [1]. It plays music [1]. It holds 9 litres."
    found = await bench.using(chat_model=scripted(reply=reply)).ask(HOLDS)
    assert found["answer"] == "The KX-200 kettle holds 1.7 litres [1]."
    talking = bench.using(chat_model=scripted(reply=reply))
    await talking.ask(HOLDS)
    assert len(talking.said("token")) == 1
    flags = talking.said("guard.flagged")
    assert [flag["rule"] for flag in flags] == ["unsupported_sentence"] * 2


async def test_when_nothing_is_left_the_answer_abstains(bench: Any) -> None:
    found = await bench.using(chat_model=scripted(reply="It plays music [1].")).ask(HOLDS)
    assert found["abstained"] is True
    assert found["answer"] == "The documents do not answer this question."


async def test_without_passages_no_model_is_asked(empty: Any) -> None:
    model = scripted()
    found = await empty.using(chat_model=model).ask("How hot is it?")
    assert found["abstained"] is True
    assert model.calls == 0


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.TIMEOUT, Fault.MALFORMED])
async def test_a_failing_model_gives_way_to_the_fallback(bench: Any, fault: Fault) -> None:
    failing = bench.using(chat_model=scripted(always=fault), fallback=EXTRACTIVE)
    found = await failing.ask(HOLDS)
    assert "1.7 litres" in found["answer"]
    assert found["model"] == "extractive"
    assert "written by extractive" in found["degraded"][0]


async def test_without_a_fallback_the_failure_is_clear(bench: Any) -> None:
    with pytest.raises(AnswerUnavailableError, match="too many requests"):
        await bench.using(chat_model=scripted(always=Fault.RATE_LIMIT)).ask(HOLDS)


async def test_what_has_left_stays_when_the_model_is_cut(bench: Any) -> None:
    reply = "The KX-200 kettle holds 1.7 litres [1]. Never fill it above the MAX mark [1]."
    model = scripted(reply=reply, always=Fault.CUT, cut_after=9)
    cut = bench.using(chat_model=model, fallback=EXTRACTIVE)
    found = await cut.ask(HOLDS)
    assert found["answer"] == "The KX-200 kettle holds 1.7 litres [1]."
    assert "stopped early" in found["degraded"][0]
    assert found["model"] == "scripted"


async def test_a_silent_model_times_out(bench: Any) -> None:
    slow = bench.using(chat_model=scripted(first_token_ms=5000), fallback=EXTRACTIVE)
    slow = slow.with_settings(answer={"idle_timeout_s": 0.05}, rerank={"when": "never"})
    found = await slow.ask(HOLDS)
    assert "no word within 0.05 s" in found["degraded"][0]
    assert found["model"] == "extractive"


async def test_closing_the_stream_stops_the_model(bench: Any) -> None:
    model = scripted(reply="The KX-200 kettle holds 1.7 litres [1]. " * 50, inter_token_ms=5)
    talking = bench.using(chat_model=model)
    graph = build(talking.providers, talking.database, talking.settings).compile()
    stream: Any = graph.astream(
        {"question": HOLDS}, talking.config(), context=Context(), stream_mode="custom"
    )
    async with aclosing(stream) as parts:
        async for part in parts:
            if part["type"] == "token":
                break
    await asyncio.sleep(0.05)
    assert model.calls == 1
    assert model.open_streams == 0


async def test_the_answer_is_written_down(bench: Any) -> None:
    await bench.ask(HOLDS, conversation_id="talk-1")
    async with bench.database.begin(bench.principal) as transaction:
        messages = await transaction.conversations.messages("talk-1")
        calls = await transaction.llm_calls.of_trace("trace-1")
        (event,) = await transaction.audit.list(wanted=AuditFilter(action="question.answered"))
    assert [message.role for message in messages] == ["user", "assistant"]
    assert messages[1].citations[0]["source"] == "kettle.md"
    assert [(call.model, call.outcome) for call in calls] == [("extractive", "succeeded")]
    prompt = Catalogue.load().get("synthesize").ref
    named = (calls[0].prompt_name, calls[0].prompt_version, calls[0].prompt_hash)
    assert named == (prompt.name, prompt.version, prompt.sha256)
    assert event.detail["trace_id"] == "trace-1"
    assert event.detail["abstained"] is False


async def test_a_failed_call_is_written_down_too(bench: Any) -> None:
    failing = bench.using(chat_model=scripted(always=Fault.RATE_LIMIT), fallback=EXTRACTIVE)
    await failing.ask(HOLDS)
    async with bench.database.begin(bench.principal) as transaction:
        calls = await transaction.llm_calls.of_trace("trace-1")
    assert sorted((call.model, call.outcome) for call in calls) == [
        ("extractive", "succeeded"),
        ("scripted", "failed"),
        ("scripted", "failed"),
    ]
    assert {call.function for call in calls} == {"synthesize"}
    assert all(call.detail["retrieved"] for call in calls)


async def test_no_transaction_is_open_while_the_model_talks(bench: Any) -> None:
    reply = "The KX-200 kettle holds 1.7 litres [1]." + " And so on" * 50
    model = scripted(reply=reply, inter_token_ms=10)
    talking = bench.using(chat_model=model)
    run = asyncio.create_task(talking.ask(HOLDS))
    await _wait_for_token(talking)
    async with asyncio.timeout(1), bench.database.begin(bench.principal) as transaction:
        await transaction.audit.add("test.written")
    assert not run.done()
    await run


async def _wait_for_token(bench: Any) -> None:
    while not bench.said("token"):  # noqa: ASYNC110 - the events are a plain list
        await asyncio.sleep(0.005)
