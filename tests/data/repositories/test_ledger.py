from datetime import UTC, datetime, timedelta

from data.columns import now
from data.database import Database
from data.values import AuditFilter, NewLlmCall
from providers.principal import Principal


async def test_spending_is_summed_from_a_moment_on(database: Database, alice: Principal) -> None:
    call = NewLlmCall(
        function="synthesize",
        model="m",
        outcome="ok",
        prompt_name="query/synthesize",
        input_tokens=100,
        output_tokens=20,
        cached_tokens=5,
        cost_usd=0.25,
        latency_ms=12.5,
        trace_id="t",
        detail={"retried": False},
    )
    async with database.begin(alice) as tx:
        await tx.llm_calls.add(call)
        await tx.llm_calls.add(call)
        spent = await tx.llm_calls.spent_since(now() - timedelta(hours=1))
        assert (spent.calls, spent.input_tokens, spent.output_tokens) == (2, 200, 40)
        assert spent.cost_usd == 0.5
        later = await tx.llm_calls.spent_since(now() + timedelta(hours=1))
        assert (later.calls, later.cost_usd) == (0, 0.0)
        rows = await tx.llm_calls.of_trace("t")
        assert [(row.latency_ms, row.detail) for row in rows] == [(12.5, {"retried": False})] * 2


async def test_the_trail_says_who_did_what(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.audit.add("document.deleted", "d1", {"source": "a.pdf"})
        await tx.audit.add("key.created", "k1")
        found = await tx.audit.list()
        assert [(row.subject, row.action, row.target) for row in found] == [
            ("alice", "key.created", "k1"),
            ("alice", "document.deleted", "d1"),
        ]
        assert [
            row.detail for row in await tx.audit.list(wanted=AuditFilter(action="document.deleted"))
        ] == [{"source": "a.pdf"}]
        assert found[0].created_at.utcoffset() == timedelta(0)
        assert datetime.now(UTC) - found[0].created_at < timedelta(minutes=1)
