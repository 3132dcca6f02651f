"""Searches are written behind the request, and reformulations are seen in them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.database import Database
from data.errors import DatabaseError
from data.migrate import upgrade
from data.models import SearchEvent, Signal, SignalKind
from providers.principal import Principal, Role
from service.feedback import search_log
from service.feedback.analytics import analyse, reformulations
from service.feedback.review import Review
from service.feedback.search_log import SearchLog
from service.feedback.settings import FeedbackSettings
from service.feedback.shapes import AcceptBody
from service.schemas import Answer, AskRequest, Refusal, SearchRequest, SearchResult, TokenUsage

ANN = Principal(tenant_id="one", subject="ann", roles=frozenset({Role.ADMIN}))
EVE = Principal(tenant_id="two", subject="eve", roles=frozenset({Role.ADMIN}))
START = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/t.db"
    upgrade(url)
    opened = Database.open(url)
    yield opened
    await opened.aclose()


def search(log: SearchLog, who: Principal, trace: str, query: str = "q") -> None:
    log.searched(who, SearchRequest(query=query), SearchResult(hits=[]), trace)


def answer(trace: str, **more: Any) -> Answer:
    given: dict[str, Any] = {"answer": "a", "citations": [], "abstained": False, "degraded": []}
    usage = TokenUsage(model="m", input_tokens=0, output_tokens=0, cost_usd=0.0)
    return Answer(
        **{**given, "conversation_id": None, "trace_id": trace, "usage": usage, "timings_ms": {}}
        | more
    )


async def test_searches_are_written_once_and_each_tenant_has_its_own(database: Database) -> None:
    log = SearchLog(database, FeedbackSettings())
    search(log, ANN, "t1")
    search(log, ANN, "t1")
    search(log, EVE, "t2")
    log.answered(ANN, AskRequest(question="q"), answer("t3"), 4)
    refusal = Refusal(rule="injection", message="no")
    log.answered(ANN, AskRequest(question="attack"), answer("t4", refusal=refusal), 0)
    await log.aclose()
    async with database.begin(ANN, read_only=True) as tx:
        rows = await tx.feedback.searches(datetime(2026, 1, 1, tzinfo=UTC), 10)
    assert {(row.trace_id, row.kind, row.hits) for row in rows} == {
        ("t1", "search", 0),
        ("t3", "answer", 4),
    }


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("t.db*"))


PERSONAL = {
    "[email]": "bob.miller@example.com",
    "[phone]": "+49 30 1234 5678",
    "[iban]": "DE89 3704 0044 0532 0130 00",
}


@pytest.mark.parametrize("mark", PERSONAL)
async def test_what_is_personal_is_masked_before_it_is_written(
    database: Database, tmp_path: Path, mark: str
) -> None:
    found = PERSONAL[mark]
    log = SearchLog(database, FeedbackSettings())
    search(log, ANN, "t1", f"Where is the order of {found}?")
    asked = AskRequest(question=f"May I write to {found}?")
    log.answered(ANN, asked, answer("t2", answer=f"Yes, to {found}."), 1)
    condensed = answer("t3", condensed_question=f"Who has {found}?", answer="Nobody.")
    log.answered(ANN, AskRequest(question="And who has it?"), condensed, 0)
    await log.aclose()
    async with database.begin(ANN, read_only=True) as tx:
        rows = await tx.feedback.searches(datetime(2026, 1, 1, tzinfo=UTC), 10)
    assert {row.trace_id: (row.query, row.answer) for row in rows} == {
        "t1": (f"Where is the order of {mark}?", None),
        "t2": (f"May I write to {mark}?", f"Yes, to {mark}."),
        "t3": (f"Who has {mark}?", "Nobody."),
    }
    await database.aclose()
    kept = bytes_of(tmp_path)
    assert found.encode() not in kept and b"Nobody." in kept


async def test_without_feedback_nothing_is_kept_and_without_a_database_not_too_much(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = SearchLog(database, FeedbackSettings(enabled=False))
    search(off, ANN, "t1")
    await off.aclose()
    monkeypatch.setattr(search_log, "MAX_WAITING", 3)
    log = SearchLog(database, FeedbackSettings(flush_s=60))
    for number in range(5):
        search(log, ANN, f"n{number}")

    def gone(*_: Any, **__: Any) -> Any:
        raise DatabaseError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(database, "begin", gone)
        with pytest.raises(DatabaseError):
            await log.flush()
    await log.aclose()
    async with database.begin(ANN, read_only=True) as tx:
        rows = await tx.feedback.searches(datetime(2026, 1, 1, tzinfo=UTC), 10)
    assert sorted(row.trace_id for row in rows) == ["n2", "n3", "n4"], "the newest are kept"


async def test_old_searches_are_forgotten_and_the_queue_is_each_tenants(
    database: Database,
) -> None:
    log = SearchLog(database, FeedbackSettings(keep_days=1))
    review = Review(database, log, FeedbackSettings(keep_days=1))
    search(log, ANN, "t1")
    await log.flush()
    async with database.begin(ANN) as tx:
        (row,) = await tx.feedback.searches(datetime(2026, 1, 1, tzinfo=UTC), 10)
        row.created_at = datetime.now(UTC) - timedelta(days=2)
    assert (await review.collect(ANN)).forgotten == 1
    with pytest.raises(Exception, match="no candidate"):
        await review.accept(EVE, "t1", AcceptBody())
    await review.collect_all()


def event(trace: str, query: str, at: int, **more: Any) -> SearchEvent:
    given: dict[str, Any] = {"subject": "ann", "collection": "c", "hits": 3, "abstained": False}
    moment = START + timedelta(seconds=at)
    return SearchEvent(trace_id=trace, query=query, created_at=moment, **{**given, **more})


def test_a_question_asked_again_in_other_words_is_a_reformulation() -> None:
    asked = [
        event("1", "descale the kettle", 0),
        event("2", "how often must I descale", 60),
        event("3", "who won the match", 90),
        event("4", "who won the football match", 1000),
        event("5", "who won the football match", 1010),
        event("6", "who won the match", 1020, subject="bob"),
    ]
    assert reformulations(asked) == {"1"}


def test_figures_over_no_searches_are_null_and_a_clock_that_is_off_gives_no_time_below_0() -> None:
    empty = analyse([], [], 7)
    assert (empty.null_rate, empty.click_through_rate, empty.seconds_to_click) == (None, None, None)
    early = Signal(trace_id="1", kind=SignalKind.CLICK, created_at=START - timedelta(seconds=9))
    found = analyse([event("1", "Q?", 0), event("2", "q", 9, hits=0)], [early], 7)
    assert (found.seconds_to_click, found.null_results) == (0.0, 1)
    assert found.top_queries[0].model_dump() == {"query": "q", "times": 2, "clicked": 0.5}
