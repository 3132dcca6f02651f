"""What is written down of calls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.values import AuditFilter
from providers.principal import local_principal
from service.container import Container
from service.tracing.schemas import TraceFilter
from tests.api.mcp.conftest import ANN, MODES

pytestmark = pytest.mark.integration
QUESTION = "How often must the boiler be descaled?"


@pytest.mark.usefixtures("manual")
@pytest.mark.parametrize("mode", MODES)
async def test_a_call_is_a_run_of_the_trace_of_its_request(
    talk: Any, secret_of: Any, container: Container, mode: str
) -> None:
    async with talk(await secret_of(ANN), mode) as client:
        await client.call_tool("search_documents", {"question": QUESTION})
        await client.call_tool("ask_documents", {"question": QUESTION, "tenant_id": "rival"})
    await container.tracer.flush()
    listed = (await container.traces.page(local_principal(), TraceFilter())).traces
    listed = [one for one in listed if one.name != "ingest"]
    refused, found = [
        (await container.traces.tree(local_principal(), one.trace_id)).spans for one in listed
    ]
    assert [(span.name, span.kind) for span in found[:3]] == [
        ("POST /mcp", "request"),
        ("search_documents", "tool"),
        ("search", "graph"),
    ]
    assert [span.parent_id for span in found[1:3]] == [span.span_id for span in found[:2]]
    assert found[1].attributes["request"]["question"] == QUESTION
    assert [(span.name, span.kind) for span in refused] == [
        ("POST /mcp", "request"),
        ("ask_documents", "tool"),
    ]
    assert "ToolArgumentsError" in (refused[1].error or "")
    assert {one.subject for one in listed} == {f"key:{ANN.subject}"}


@pytest.mark.usefixtures("manual")
async def test_the_audit_trail_and_the_log_of_searches_tell_of_a_call(
    talk: Any, secret_of: Any, container: Container
) -> None:
    async with talk(await secret_of(ANN)) as client:
        await client.call_tool("search_documents", {"question": QUESTION})
        await client.call_tool("ask_documents", {"question": QUESTION})
    trail = await container.workers.audit.page(local_principal(), AuditFilter())
    assert {"passages.shown", "question.answered"} <= {event.action for event in trail.events}
    await container.searches.flush()
    async with container.database.begin(local_principal(), read_only=True) as transaction:
        events = await transaction.feedback.searches(datetime.now(UTC) - timedelta(minutes=5), 10)
    assert {event.kind for event in events} == {"search", "answer"}
