"""The agent as the service runs it: streamed, audited, traced, and waiting for its own caller."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from examples.shop.making import POLICY
from graphs.agent.graph import build
from graphs.agent.tools import Toolbox
from graphs.text_to_sql.policy import load_policy
from providers.principal import AUDIENCE, PUBLIC, Principal, Role, local_principal
from providers.types import ChatDelta, ChatRequest, Health, Status
from service.agent_answering import AgentAnswering
from service.agent_schemas import AgentAnswer, AgentRequest
from service.agent_tools import AskingDocuments
from service.answering import Answering
from service.container import Container
from service.datasource_schemas import NewDatasource
from service.errors import DatasourceNotFoundError, RunNotFoundError
from service.library import Upload
from service.settings import Settings
from service.sql_schemas import NewExample
from service.tracing.errors import TraceNotFoundError
from service.workflows import Workflows

FIGURE = "How many orders came from Sweden?"
UNCLEAR = "How many orders used a voucher code?"
QUERY = (
    "SELECT COUNT(*) FROM orders JOIN customers ON customers.id = orders.customer_id "
    "WHERE customers.country = 'Norway'"
)
DESCALE = "How often must I descale the Brisk 12 kettle?"


@pytest.fixture
async def sample(container: Container, manual: Upload, sample_shop: Path) -> Container:
    """A service with a manual and the shop."""
    me = local_principal()
    job = await container.library.submit(me, "default", [manual])
    async for _ in container.jobs.events(me, job.job_id):
        pass
    new = NewDatasource(name="shop", url=str(sample_shop), policy=load_policy(POLICY))
    await container.datasources.add(me, new)
    question = "How many orders came from Norway?"
    await container.sql_examples.approve(
        me, NewExample(datasource="shop", question=question, sql=QUERY)
    )
    return container


async def _events(container: Container, **request: Any) -> list[tuple[str, dict[str, Any]]]:
    stream = container.agent.ask(local_principal(), AgentRequest(**request))
    return [(event.type, event.data) async for event in stream]


async def _ask(
    container: Container, *, principal: Principal | None = None, **request: Any
) -> AgentAnswer:
    asked = AgentRequest(**request)
    return await container.agent.answer(principal or local_principal(), asked)


async def test_documents_are_told_sentence_by_sentence(sample: Container) -> None:
    events = await _events(sample, question=DESCALE)
    names = [name for name, _ in events]

    assert (names[0], names[-1]) == ("run.started", "run.finished")
    assert names.index("tool.called") < names.index("passages.retrieved") < names.index("token")
    assert names.index("token") < names.index("citation") < names.index("tool.finished")
    assert names.count("run.started") == 1
    answer = AgentAnswer.model_validate(events[-1][1])
    assert (answer.tools, answer.citations[0].source) == (["ask_documents"], "brisk.md")
    assert "".join(data["text"] for name, data in events if name == "token") == answer.answer


async def test_a_database_is_told_with_its_query(sample: Container) -> None:
    events = await _events(sample, question=FIGURE)
    answer = AgentAnswer.model_validate(events[-1][1])

    assert answer.database is not None
    assert (answer.database.datasource, answer.database.row_count) == ("shop", 1)
    assert answer.database.matched == "How many orders came from Norway?"
    assert {"sql.validated", "rows.fetched"} <= {name for name, _ in events}
    assert "".join(data["text"] for name, data in events if name == "token") == answer.answer


async def test_an_abstention_is_not_told_when_another_tool_answers(sample: Container) -> None:
    events = await _events(sample, question="What is the weight of the Kern 5?")
    answer = AgentAnswer.model_validate(events[-1][1])

    assert [call.outcome for call in answer.calls] == ["abstained", "answered"]
    assert "8.6" in answer.answer
    assert [data["text"] for name, data in events if name == "token"] == [answer.answer]


async def test_a_choice_goes_on_once_and_for_its_own_caller_only(sample: Container) -> None:
    asked = await _ask(sample, question=UNCLEAR, conversation_id="c1")
    assert asked.clarify is not None
    run_id = asked.clarify.run_id
    somebody = Principal(tenant_id="default", subject="somebody", roles=frozenset({Role.ADMIN}))
    with pytest.raises(RunNotFoundError):
        await _ask(sample, principal=somebody, run_id=run_id, choice="1")

    answer = await _ask(sample, run_id=run_id, choice="1")

    assert (answer.tools, answer.conversation_id) == (["query_database"], "c1")
    with pytest.raises(RunNotFoundError):
        await _ask(sample, run_id=run_id, choice="1")
    shown = await sample.conversations.show(local_principal(), "c1")
    assert [(turn.role, turn.content) for turn in shown.turns] == [
        ("user", UNCLEAR),
        ("assistant", answer.answer),
    ]


async def test_a_conversation_is_carried_on_and_each_turn_written_once(sample: Container) -> None:
    await _ask(sample, question=FIGURE, conversation_id="c2")
    second = await _ask(sample, question="And from Denmark?", conversation_id="c2")
    third = await _ask(sample, question=DESCALE, conversation_id="c2")

    assert second.condensed_question == "How many orders came from Denmark?"
    assert third.tools == ["ask_documents"]
    shown = await sample.conversations.show(local_principal(), "c2")
    assert [turn.content for turn in shown.turns if turn.role == "user"] == [
        FIGURE,
        "And from Denmark?",
        DESCALE,
    ]
    assert shown.messages == 6


async def test_what_was_shown_is_in_the_audit_log(sample: Container) -> None:
    answer = await _ask(sample, question=DESCALE)
    await sample.workers.audit.flush()
    document_id = answer.citations[0].document_id
    async with sample.database.begin(local_principal(), read_only=True) as tx:
        rows = await tx.audit.list(limit=20)
    actions = [row.action for row in rows]
    assert actions.count("agent.answered") == 1
    said = next(row for row in rows if row.action == "agent.answered")
    assert said.detail["tools"] == answer.tools
    assert document_id in {row.document_id for row in rows}


async def test_the_run_its_nodes_and_its_tools_are_spans(sample: Container) -> None:
    answer = await _ask(sample, question=FIGURE)
    await sample.tracer.flush()

    tree = await sample.traces.tree(local_principal(), answer.trace_id)

    names = {span.name for span in tree.spans}
    assert {"agent", "receive", "route", "call_tool", "query_database", "record"} <= names
    assert {"text_to_sql", "validate", "execute"} <= names
    (root,) = [span for span in tree.spans if span.parent_id is None]
    assert (tree.trace.name, root.attributes["tools"]) == ("agent", ["query_database"])
    harbour = Principal(tenant_id="harbour", subject="x", roles=frozenset({Role.ADMIN}))
    with pytest.raises(TraceNotFoundError):
        await sample.traces.tree(harbour, answer.trace_id)


async def test_the_public_is_answered_from_documents_only(sample: Container) -> None:
    public = Principal(
        tenant_id="default",
        subject="visitor",
        roles=frozenset({Role.READER}),
        attributes={AUDIENCE: PUBLIC},
    )
    answer = await _ask(sample, principal=public, question=FIGURE)
    assert (answer.abstained, [call.tool for call in answer.calls]) == (True, ["ask_documents"])
    with pytest.raises(DatasourceNotFoundError):
        await _ask(sample, principal=public, question=FIGURE, datasource="shop")


async def test_a_datasource_that_is_not_there_is_not_found(sample: Container) -> None:
    with pytest.raises(DatasourceNotFoundError):
        await _ask(sample, question=FIGURE, datasource="nowhere")


async def test_a_database_that_is_gone_leaves_the_documents(
    sample: Container, sample_shop: Path, tmp_path: Path
) -> None:
    archive = Path(shutil.copy(sample_shop, tmp_path / "archive.sqlite"))
    new = NewDatasource(name="archive", url=str(archive), policy=load_policy(POLICY))
    await sample.datasources.add(local_principal(), new)
    await to_thread.run_sync(archive.unlink)

    answer = await _ask(sample, question=DESCALE)

    assert answer.tools == ["ask_documents"]
    assert [part for part in answer.degraded if "the database archive was not looked at" in part]
    assert (await _ask(sample, question=FIGURE)).tools == ["query_database"]


class Endless:
    """A chat model that writes one supported sentence after the other, and never stops."""

    model = "endless"

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    async def stream(self, _: ChatRequest) -> AsyncIterator[ChatDelta]:
        try:
            while True:
                await asyncio.sleep(0.02)
                yield ChatDelta(text="Descale the kettle every 60 days [1]. ")
        finally:
            self.stopped.set()

    async def check(self) -> Health:
        return Health(status=Status.READY)

    async def aclose(self) -> None:
        """Hold nothing."""


async def test_who_hangs_up_stops_the_tool_too(sample: Container, settings: Settings) -> None:
    model = Endless()
    providers = replace(sample.providers, chat_model=model)
    workflows = Workflows.build(settings, providers, sample.database)
    answering = Answering(
        query=workflows.query,
        search=workflows.search,
        audit=sample.upkeep.audit,
        conversations=sample.conversations,
        summariser=sample.summariser,
        searches=sample.searches,
        tracer=sample.tracer,
    )
    toolbox = Toolbox(documents=AskingDocuments(answering))
    agent = AgentAnswering(
        partial(build, toolbox, sample.database),
        checkpoints=sample.checkpoints,
        conversations=sample.conversations,
        summariser=sample.summariser,
        datasources=sample.datasources,
        tracer=sample.tracer,
    )
    async with aclosing(agent.ask(local_principal(), AgentRequest(question=DESCALE))) as events:
        async for event in events:
            if event.type == "token":
                assert not model.stopped.is_set()
                break
    async with asyncio.timeout(5):
        await model.stopped.wait()
