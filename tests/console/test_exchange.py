"""A question and its answer, event by event."""

from typing import Any

from console.answer_view import answer_html
from console.exchange import Exchange
from service.schemas import RunEvent

CITATION: dict[str, Any] = {
    "marker": 1,
    "document_id": "d1",
    "version": 2,
    "chunk_id": "c1",
    "source": "oven.pdf",
    "page": 4,
    "heading_path": ["Care"],
    "quote": "Wipe it <dry>.",
    "start": 0,
    "end": 14,
    "support": 0.9,
}
ANSWER: dict[str, Any] = {
    "answer": "Wipe it dry. [1]",
    "citations": [CITATION],
    "abstained": False,
    "degraded": [],
    "conversation_id": "talk-1",
    "trace_id": "a" * 32,
    "usage": {"model": "extractive"},
    "timings_ms": {"retrieve": 640.0, "synthesize": 200.0},
}


def run(*events: tuple[str, dict[str, Any]]) -> Exchange:
    exchange = Exchange("How do I clean it?")
    for kind, data in events:
        exchange.apply(RunEvent(type=kind, data=data))
    return exchange


def test_shows_what_is_going_on_until_the_first_sentence() -> None:
    exchange = run(("run.started", {"trace_id": "a"}), ("node.started", {"node": "retrieve"}))

    assert not exchange.ended
    assert exchange.summary == "Searching the documents…"
    assert "Searching the documents…" in answer_html(exchange)


def test_sentences_are_shown_as_they_come_whether_citations_come_before_or_after() -> None:
    exchange = run(("token", {"text": "Wipe it dry. [1] "}), ("citation", CITATION))

    drawn = answer_html(exchange)
    assert "streaming" in drawn
    assert 'class="chip" data-marker="1"' in drawn
    assert "Sources" not in drawn


def test_the_finished_answer_lists_its_sources_escaped() -> None:
    exchange = run(("token", {"text": "Wipe"}), ("run.finished", ANSWER))

    drawn = answer_html(exchange)
    assert exchange.ended
    assert "Wipe it &lt;dry&gt;." in drawn
    assert "page 4 · Care" in drawn
    assert "1 source · 0.8 s · extractive" in drawn
    assert exchange.summary == "The answer is complete, with 1 source."


def test_an_abstention_says_so_and_offers_a_way_on() -> None:
    exchange = run(("run.finished", ANSWER | {"answer": "", "citations": [], "abstained": True}))

    drawn = answer_html(exchange)
    assert "No answer in these documents" in drawn
    assert 'href="library"' in drawn
    assert "Sources" not in drawn


def test_a_degraded_answer_says_what_was_left_out() -> None:
    exchange = run(("run.finished", ANSWER | {"degraded": ["reranking was left out: <b>", "slow"]}))

    assert "Reranking was left out: &lt;b&gt;. Slow." in answer_html(exchange)


def test_a_problem_is_shown_with_its_way_out_and_trace() -> None:
    problem = {"title": "No such collection", "detail": "add <b> one", "trace_id": "f00"}
    exchange = run(("error", problem))

    drawn = answer_html(exchange)
    assert "No such collection" in drawn
    assert "Add &lt;b&gt; one." in drawn
    assert "Trace f00" in drawn
    assert exchange.ended


def test_a_flag_of_a_guard_is_shown() -> None:
    drawn = answer_html(
        run(("guard.flagged", {"rule": "secrets", "message": "A key was left out"}))
    )

    assert "A key was left out" in drawn


def test_stopping_keeps_what_was_said() -> None:
    exchange = run(("token", {"text": "Wipe it dry."}))
    exchange.stop()

    drawn = answer_html(exchange)
    assert exchange.stopped
    assert "Wipe it dry." in drawn
    assert "You stopped this answer." in drawn


def test_a_finished_answer_cannot_be_stopped() -> None:
    exchange = run(("run.finished", ANSWER))
    exchange.stop()

    assert not exchange.stopped


def test_events_of_a_later_version_are_passed_over() -> None:
    assert run(("tool.called", {"name": "x"})).text == ""
