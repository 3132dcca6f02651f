"""Answers of the agent: the graph behind request and response shapes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Final, cast

from anyio import to_thread
from langgraph.types import Command

from graphs.agent.graph import AgentBuilder, AgentGraph
from graphs.agent.state import AgentInput, AgentOutput, Clarify, Context, Said
from providers.principal import Principal
from providers.telemetry import Span, SpanKind
from service.agent_schemas import AgentAnswer, AgentClarify, AgentRequest, AgentRows
from service.checkpoints import Checkpoints
from service.conversations import Conversations
from service.correlation import current_trace
from service.datasources import Datasources
from service.errors import DatasourceNotFoundError, RunNotFoundError
from service.schemas import AskRequest, RunEvent
from service.streams import owned
from service.summarising import Summariser
from service.tracing.tracer import Tracer
from service.waiting_runs import new_run, run_config, thread_of, waiting

THREADS: Final = "agent"
"""Beginning of the names of threads whose runs wait for a choice."""


class AgentAnswering:
    """Runs the agent on behalf of a principal.

    A run that asks back waits in the checkpoints, for its own principal only, until the service
    tidies up: two days at most.
    """

    def __init__(
        self,
        make: Callable[[], AgentBuilder],
        *,
        checkpoints: Checkpoints,
        conversations: Conversations,
        summariser: Summariser,
        datasources: Datasources,
        tracer: Tracer,
    ) -> None:
        self._make = make
        self._checkpoints = checkpoints
        self._conversations = conversations
        self._summariser = summariser
        self._datasources = datasources
        self._tracer = tracer
        self._graph: AgentGraph | None = None

    async def ask(
        self, principal: Principal, request: AgentRequest
    ) -> AsyncGenerator[RunEvent, None]:
        """Answer as a stream of events; closing the stream stops the run.

        Raises:
            GraphError: the question cannot be asked.
            ServiceError: there is no such datasource, run or conversation.
        """
        trace_id = current_trace()
        run_id = request.run_id or new_run()
        config = run_config(THREADS, principal, trace_id, run_id)
        graph = await self._resumable()
        if request.datasource is not None:
            await self._require(principal, request.datasource)
        start = await self._start(principal, request, graph, config)
        yield RunEvent(
            type="run.started",
            data={
                "trace_id": trace_id,
                "run_id": run_id,
                "conversation_id": request.conversation_id,
            },
        )
        output: AgentOutput = {}
        parts_of = partial(_parts, graph, config, request, start)
        recorded = partial(self._recorded, principal, request, run_id, parts_of)
        async with aclosing(owned(recorded)) as parts:
            async for part in parts:
                if part["type"] == "custom":
                    yield RunEvent.of(part["data"])
                else:
                    output = cast(AgentOutput, part["data"])
        asked: Clarify | None = await waiting(graph, config)
        if asked is not None:
            yield RunEvent(type="clarify", data={**asked, "run_id": run_id})
        else:
            await self._checkpoints.forget([thread_of(THREADS, principal, run_id)])
            if (conversation_id := output.get("conversation_id")) is not None:
                self._summariser.consider(principal, conversation_id)
        answer = _answer(output, trace_id, asked, run_id)
        yield RunEvent(type="run.finished", data=answer.model_dump(mode="json"))

    async def answer(self, principal: Principal, request: AgentRequest) -> AgentAnswer:
        """Answer in one piece."""
        async with aclosing(self.ask(principal, request)) as events:
            async for event in events:
                if event.type == "run.finished":
                    return AgentAnswer.model_validate(event.data)
        raise RuntimeError("the run ended without an answer")

    async def _require(self, principal: Principal, datasource: str) -> None:
        """Make sure that a datasource may be asked; the public may ask none."""
        if principal.is_public:
            raise DatasourceNotFoundError(f"there is no datasource {datasource!r}")
        await self._datasources.show(principal, datasource)

    async def _start(
        self, principal: Principal, request: AgentRequest, graph: AgentGraph, config: Any
    ) -> AgentInput | Command[Any]:
        """Return what the run begins with: the question, or the choice that it waits for."""
        if request.run_id is not None:
            if await waiting(graph, config) is None:
                raise RunNotFoundError(
                    f"no run {request.run_id!r} waits for a choice of yours; ask the question again"
                )
            return Command(resume=request.choice)
        start: AgentInput = {
            "question": request.question or "",
            "conversation_id": request.conversation_id,
        }
        if request.conversation_id is not None or request.history is not None:
            start["history"] = await self._history(principal, request)
        return start

    async def _history(self, principal: Principal, request: AgentRequest) -> list[Said]:
        earlier = await self._conversations.history(
            principal,
            AskRequest(
                question=request.question or "",
                conversation_id=request.conversation_id,
                history=request.history,
            ),
        )
        return [{"role": turn.role.value, "content": turn.content} for turn in earlier]

    async def _recorded(
        self,
        principal: Principal,
        request: AgentRequest,
        run_id: str,
        parts_of: Callable[[], AsyncGenerator[dict[str, Any], None]],
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Run the graph as a run that is recorded; in a task of its own, see `owned`."""
        said = {
            "input": request.question or request.choice,
            "collection": request.collection,
            "datasource": request.datasource,
            "conversation_id": request.conversation_id,
            "run_id": run_id,
        }
        said = {name: value for name, value in said.items() if value is not None}
        with self._tracer.run("agent", SpanKind.GRAPH, principal, **said) as doing:
            async with aclosing(parts_of()) as parts:
                async for part in parts:
                    yield part
                    if part["type"] == "values":
                        _tell(doing, cast(AgentOutput, part["data"]))

    async def _resumable(self) -> AgentGraph:
        if self._graph is None:
            saver = await self._checkpoints.saver()
            builder = await to_thread.run_sync(self._make)
            self._graph = builder.compile(name="agent", checkpointer=saver)
        return self._graph


def _tell(doing: Span, output: AgentOutput) -> None:
    """Say on the run's span what it has come to; rows, and what tells of them, stay out of it."""
    if not doing.recording:
        return
    error, rows = (
        output.get("error"),
        any(one.get("rows") for one in output.get("found", {}).values()),
    )
    doing.set(
        output=None if rows else output.get("answer"),
        tools=output.get("tools") or None,
        chosen_by=output.get("chosen_by"),
        abstained=output.get("abstained"),
        problem=None if error is None else error["code"],
        degraded=output.get("degraded") or None,
    )


def _parts(
    graph: AgentGraph, config: Any, request: AgentRequest, start: Any
) -> AsyncGenerator[dict[str, Any], None]:
    context = Context(
        collection=request.collection, datasource=request.datasource, interactive=True
    )
    stream = graph.astream(
        start,
        config,
        context=context,
        stream_mode=["custom", "values"],
        version="v2",
        durability="exit",
    )
    return cast(AsyncGenerator[dict[str, Any], None], stream)


def _answer(
    output: AgentOutput, trace_id: str, waits_for: Clarify | None, run_id: str
) -> AgentAnswer:
    asked = waits_for or output.get("clarify")
    clarify = None
    if asked is not None:
        clarify = AgentClarify.model_validate(
            {**asked, "run_id": run_id if waits_for is not None else None}
        )
    found = list(output.get("found", {}).values())
    return AgentAnswer.model_validate(
        {
            "answer": asked["question"] if waits_for and asked else output.get("answer", ""),
            "tools": output.get("tools", []),
            "chosen_by": output.get("chosen_by", "rules"),
            "citations": [one for data in found for one in data.get("citations", [])],
            "database": _rows(output),
            "abstained": output.get("abstained", True),
            "clarify": clarify,
            "refusal": output.get("refusal"),
            "error": output.get("error"),
            "calls": output.get("calls", []),
            "degraded": list(dict.fromkeys(output.get("degraded", []))),
            "question": output.get("question", ""),
            "condensed_question": output["question"] if "asked" in output else None,
            "conversation_id": output.get("conversation_id"),
            "trace_id": trace_id,
            "timings_ms": dict(output.get("timings_ms", {})),
        }
    )


def _rows(output: AgentOutput) -> AgentRows | None:
    """Return what a database answered; a call that answered says which it was."""
    for call in output.get("calls", []):
        data = output.get("found", {}).get(call["tool"], {})
        if call["outcome"] == "answered" and "sql" in data:
            return AgentRows.model_validate({**data, "datasource": call["arguments"]["datasource"]})
    return None
