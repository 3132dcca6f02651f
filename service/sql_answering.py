"""Answers from databases: the graph behind request and response shapes."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import cached_property, partial
from typing import Any, Final, cast

from anyio import to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command, Interrupt

from graphs.text_to_sql.graph import SqlBuilder, SqlGraph
from graphs.text_to_sql.state import Clarify, Context, SqlOutput
from providers.principal import Principal
from providers.telemetry import Span, SpanKind
from service.checkpoints import Checkpoints
from service.correlation import current_trace
from service.errors import SqlRunNotFoundError
from service.schemas import RunEvent
from service.sql_schemas import SqlAnswer, SqlChart, SqlClarify, SqlFailure, SqlRequest
from service.streams import owned
from service.tracing.tracer import Tracer
from service.waiting_runs import new_run, run_config, thread_of, waiting

THREADS: Final = "sql"
"""Beginning of the names of threads whose runs wait for a choice."""


class SqlAnswering:
    """Runs the graph on behalf of a principal.

    A run that asks back waits in the checkpoints, for its own principal only, until the service
    tidies up: two days at most.
    """

    def __init__(
        self,
        make: Callable[[], SqlBuilder],
        checkpoints: Checkpoints,
        tracer: Tracer,
    ) -> None:
        self._make = make
        self._checkpoints = checkpoints
        self._tracer = tracer
        self._interactive: SqlGraph | None = None

    @cached_property
    def graph(self) -> SqlGraph:
        """The graph without checkpoints: it never waits, it ends with the question."""
        return self._make().compile(name="text_to_sql")

    async def ask(
        self, principal: Principal, request: SqlRequest, *, interactive: bool = True
    ) -> AsyncGenerator[RunEvent, None]:
        """Answer as a stream of events; closing the stream stops the run.

        Raises:
            GraphError: the question cannot be asked.
            ServiceError: there is no such datasource or run.
        """
        trace_id = current_trace()
        run_id = request.run_id or new_run()
        config = run_config(THREADS, principal, trace_id, run_id)
        graph = await (self._resumable() if interactive else self._whole())
        if request.run_id is not None:
            await self._require(graph, config, request.run_id)
        yield RunEvent(type="run.started", data={"trace_id": trace_id, "run_id": run_id})
        output: SqlOutput = {}
        parts_of = partial(_parts, graph, config, request, interactive)
        recorded = partial(self._recorded, principal, request, run_id, parts_of)
        async with aclosing(owned(recorded)) as parts:
            async for part in parts:
                if part["type"] == "custom":
                    yield RunEvent.of(part["data"])
                else:
                    output = cast(SqlOutput, part["data"])
        asked: Clarify | None = await waiting(graph, config) if interactive else None
        if asked is not None:
            yield RunEvent(type="clarify", data={**asked, "run_id": run_id})
        elif interactive:
            await self._checkpoints.forget([thread_of(THREADS, principal, run_id)])
        answer = _answer(output, trace_id, asked, run_id)
        yield RunEvent(type="run.finished", data=answer.model_dump(mode="json"))

    async def answer(
        self, principal: Principal, request: SqlRequest, *, interactive: bool = True
    ) -> SqlAnswer:
        """Answer in one piece."""
        async with aclosing(self.ask(principal, request, interactive=interactive)) as events:
            async for event in events:
                if event.type == "run.finished":
                    return SqlAnswer.model_validate(event.data)
        raise RuntimeError("the run ended without an answer")

    async def _recorded(
        self,
        principal: Principal,
        request: SqlRequest,
        run_id: str,
        parts_of: Callable[[], AsyncGenerator[dict[str, Any], None]],
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Run the graph as a run that is recorded; in a task of its own, see `owned`."""
        said = {
            "input": request.question or request.choice,
            "datasource": request.datasource,
            "run_id": run_id,
        }
        with self._tracer.run("text_to_sql", SpanKind.GRAPH, principal, **said) as doing:
            async with aclosing(parts_of()) as parts:
                async for part in parts:
                    yield part
                    if part["type"] == "values":
                        _tell(doing, cast(SqlOutput, part["data"]), part["interrupts"])

    async def _whole(self) -> SqlGraph:
        return await to_thread.run_sync(lambda: self.graph)

    async def _resumable(self) -> SqlGraph:
        if self._interactive is None:
            saver = await self._checkpoints.saver()
            builder = await to_thread.run_sync(self._make)
            self._interactive = builder.compile(name="text_to_sql", checkpointer=saver)
        return self._interactive

    async def _require(self, graph: SqlGraph, config: RunnableConfig, run_id: str) -> None:
        if await waiting(graph, config) is None:
            raise SqlRunNotFoundError(
                f"no run {run_id!r} waits for a choice of yours; ask the question again"
            )


def _tell(doing: Span, output: SqlOutput, asking: Sequence[Interrupt]) -> None:
    """Say on the run's span what it has come to.

    Rows, and an answer that tells of them, stay out of it: who may read traces need not be
    allowed to read what the policy lets the asker see.
    """
    if not doing.recording:
        return
    error = output.get("error")
    answer = None if output.get("rows") else output.get("answer")
    doing.set(
        output=asking[0].value["question"] if asking else answer,
        route="clarify" if asking else output.get("route"),
        sql=None if asking else output.get("sql"),
        row_count=output.get("row_count"),
        confidence=output.get("confidence"),
        problem=None if error is None else error["code"],
        repairs=output.get("repairs"),
        degraded=output.get("degraded") or None,
    )


def _parts(
    graph: SqlGraph, config: RunnableConfig, request: SqlRequest, interactive: bool
) -> AsyncGenerator[dict[str, Any], None]:
    context = Context(datasource=request.datasource, route=request.route, interactive=interactive)
    start: Any = {"question": request.question}
    if request.run_id is not None:
        start = Command(resume=request.choice)
    stream = graph.astream(
        start,
        config,
        context=context,
        stream_mode=["custom", "values"],
        version="v2",
        durability="exit" if interactive else None,
    )
    return cast(AsyncGenerator[dict[str, Any], None], stream)


def _answer(output: SqlOutput, trace_id: str, waiting: Clarify | None, run_id: str) -> SqlAnswer:
    asked = waiting or output.get("clarify")
    clarify = None
    if asked is not None:
        clarify = SqlClarify.model_validate(
            {**asked, "run_id": run_id if waiting is not None else None}
        )
    declined = asked is not None
    error, chart = output.get("error"), output.get("chart")
    return SqlAnswer(
        answer=waiting["question"] if waiting else output.get("answer", ""),
        route="clarify" if declined else output.get("route", "clarify"),
        sql="" if declined else output.get("sql", ""),
        params={} if declined else output.get("params", {}),
        columns=output.get("columns", []),
        rows=output.get("rows", []),
        row_count=output.get("row_count", 0),
        truncated=output.get("truncated", False),
        assumptions=output.get("assumptions", []),
        clarify=clarify,
        confidence=0.0 if declined else output.get("confidence", 0.0),
        error=None if error is None else SqlFailure.model_validate(error),
        trace_id=trace_id,
        question=output.get("question", ""),
        truncated_by=output.get("truncated_by"),
        matched=output.get("matched"),
        chart=None if chart is None else SqlChart.model_validate(chart),
        repairs=output.get("repairs", 0),
        degraded=output.get("degraded", []),
        timings_ms=dict(output.get("timings_ms", {})),
    )
