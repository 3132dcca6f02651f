"""Search and answers: the query graph behind request and response shapes."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig

from graphs.identity import config_for
from graphs.query.graph import QueryGraph, SearchGraph
from graphs.query.guarding.rulings import Refusal as GuardRefusal
from graphs.query.pacing import UNPACED, Pace
from graphs.query.settings import Strategy
from graphs.query.state import CitedSpan, Context, Mode, QueryInput, QueryOutput, SearchOutput
from graphs.query.steps import TRACE_ID_KEY
from providers.principal import Principal
from providers.telemetry import Span, SpanKind
from providers.types import ChatMessage, Usage
from service.conversations import Conversations
from service.correlation import current_trace
from service.feedback.search_log import SearchLog
from service.schemas import (
    Answer,
    AskRequest,
    Citation,
    ConflictRead,
    Explanation,
    Hit,
    Refusal,
    RunEvent,
    SearchRequest,
    SearchResult,
    TokenUsage,
)
from service.streams import owned
from service.summarising import Summariser
from service.tracing.tracer import Tracer
from service.upkeep.audit import AuditLog

_ELSEWHERE: Final = frozenset({"look_again", "synthesize"})
"""Nodes that may ask a model."""


class Answering:
    """Runs the query graph on behalf of a principal."""

    def __init__(
        self,
        *,
        query: QueryGraph,
        search: SearchGraph,
        audit: AuditLog,
        conversations: Conversations,
        summariser: Summariser,
        tracer: Tracer,
        searches: SearchLog,
        pace: Pace = UNPACED,
    ) -> None:
        self._pace = pace
        self._tracer = tracer
        self._searches = searches
        self._conversations = conversations
        self._summariser = summariser
        self._query = query
        self._search = search
        self._audit = audit

    async def search(self, principal: Principal, request: SearchRequest) -> SearchResult:
        """Find passages, best first.

        Raises:
            GraphError: the question, the collection or the store; its message says which.
        """
        return (await self._searched(principal, request))[1]

    async def find(self, principal: Principal, request: SearchRequest) -> SearchOutput:
        """Find passages like `search`, as the graph hands them out."""
        return (await self._searched(principal, request))[0]

    async def _searched(
        self, principal: Principal, request: SearchRequest
    ) -> tuple[SearchOutput, SearchResult]:
        context = Context(
            collection=request.collection,
            top_k=request.k,
            mode=Mode(request.mode),
            rerank=request.rerank,
            filters=request.filters,
            strategy=request.strategy,
            explain=request.explain,
        )
        said = {"input": request.query, "request": request, "collection": request.collection}
        with self._tracer.run("search", SpanKind.GRAPH, principal, **said) as doing:
            output = await self._search.ainvoke(
                {"question": request.query}, _config(principal), context=context
            )
            found = cast(SearchOutput, output)
            result = _search_result(found)
            doing.set(
                retrieved_document_ids=_documents(hit.document_id for hit in result.hits),
                output=[hit.chunk_id for hit in result.hits],
                degraded=result.degraded or None,
            )
        shown = [(hit.document_id, hit.chunk_id) for hit in result.hits]
        await self._audit.shown(principal, "search", shown)
        self._searches.searched(principal, request, result, current_trace())
        return found, result

    async def ask(
        self, principal: Principal, request: AskRequest
    ) -> AsyncGenerator[RunEvent, None]:
        """Answer a question as a stream of events; closing the stream stops the run.

        Raises:
            GraphError: like `search`; what was streamed before stays valid.
            ConversationNotFoundError: the conversation is somebody else's.
        """
        trace_id = current_trace()
        history: tuple[ChatMessage, ...] = ()
        if request.conversation_id is not None or request.history is not None:
            history = await self._conversations.history(principal, request)
        hits = 0
        yield RunEvent(
            type="run.started",
            data={"trace_id": trace_id, "conversation_id": request.conversation_id},
        )
        async with aclosing(owned(lambda: self._recorded(principal, request, history))) as parts:
            async for part in parts:
                if part["type"] == "custom":
                    event = RunEvent.of(part["data"])
                    if event.type == "passages.retrieved":
                        shown = [
                            (hit["document_id"], hit["chunk_id"]) for hit in event.data["hits"]
                        ]
                        hits = len(shown)
                        await self._audit.shown(principal, "answer", shown)
                    yield event
                else:
                    output = cast(QueryOutput, part["data"])
        answer = _answer(output, trace_id)
        self._searches.answered(principal, request, answer, hits)
        if request.conversation_id is not None:
            self._summariser.consider(principal, request.conversation_id)
        yield RunEvent(type="run.finished", data=answer.model_dump(mode="json"))

    async def answer(self, principal: Principal, request: AskRequest) -> Answer:
        """Answer a question in one piece."""
        async with aclosing(self.ask(principal, request)) as events:
            async for event in events:
                if event.type == "run.finished":
                    return Answer.model_validate(event.data)
        raise RuntimeError("the run ended without an answer")

    async def _recorded(
        self, principal: Principal, request: AskRequest, history: tuple[ChatMessage, ...]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Run the graph as a run that is recorded; in a task of its own, see `owned`."""
        said = {
            "input": request.question,
            "request": request,
            "collection": request.collection,
            "conversation_id": request.conversation_id,
        }
        said = {name: value for name, value in said.items() if value is not None}
        with self._tracer.run("query", SpanKind.GRAPH, principal, **said) as doing:
            async with (
                self._pace.start() as start,
                aclosing(self._parts(principal, request, history)) as parts,
            ):
                async for part in parts:
                    if _goes_on_elsewhere(part):
                        start.over()
                    yield part
                    output = part
            _tell_answer(doing, cast(QueryOutput, output["data"]))

    def _parts(
        self, principal: Principal, request: AskRequest, history: tuple[ChatMessage, ...]
    ) -> AsyncGenerator[dict[str, Any], None]:
        start: QueryInput = {
            "question": request.question,
            "conversation_id": request.conversation_id,
            "history": history,
        }
        context = Context(
            collection=request.collection,
            top_k=request.top_k,
            mode=Mode(request.mode),
            rerank=request.rerank,
            cache=request.cache,
            filters=request.filters,
            strategy=request.strategy,
            explain=request.explain,
        )
        stream = self._query.astream(
            start,
            _config(principal),
            context=context,
            stream_mode=["custom", "values"],
            version="v2",
        )
        return cast(AsyncGenerator[dict[str, Any], None], stream)


def _goes_on_elsewhere(part: Mapping[str, Any]) -> bool:
    """Tell whether a run turns to a model now, which may be far away and slow."""
    return part["type"] == "custom" and part["data"].get("node") in _ELSEWHERE


def _tell_answer(doing: Span, output: QueryOutput) -> None:
    if not doing.recording:
        return
    usage = output.get("usage", Usage())
    refusal = output.get("refusal")
    doing.set(
        output=output["answer"],
        abstained=output.get("abstained", False),
        refused=None if refusal is None else refusal.rule,
        cached=output.get("cached"),
        degraded=output.get("degraded") or None,
        retrieved_document_ids=_documents(c.document_id for c in output.get("citations", [])),
        model=output.get("model") or None,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=usage.cost_usd,
    )


def _documents(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))


def _config(principal: Principal) -> RunnableConfig:
    config = config_for(principal)
    config["configurable"][TRACE_ID_KEY] = current_trace()
    return config


def _search_result(found: SearchOutput) -> SearchResult:
    return SearchResult(
        hits=[Hit.model_validate(passage) for passage in found["passages"]],
        degraded=found.get("degraded", []),
        reranked=found.get("reranked", False),
        timings_ms=dict(found.get("timings_ms", {})),
        explanation=_explanation(found),
    )


def _answer(output: QueryOutput, trace_id: str) -> Answer:
    usage = output.get("usage", Usage())
    return Answer(
        answer=output["answer"],
        citations=[_citation(span) for span in output.get("citations", [])],
        abstained=output.get("abstained", False),
        degraded=output.get("degraded", []),
        conversation_id=output.get("conversation_id"),
        cached=output.get("cached"),
        trace_id=trace_id,
        usage=TokenUsage(
            model=output.get("model", ""),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
        ),
        timings_ms=dict(output.get("timings_ms", {})),
        strategy=output.get("strategy", Strategy.VANILLA),
        queries=output.get("queries", []),
        conflicts=[ConflictRead.model_validate(found) for found in output.get("conflicts", [])],
        explanation=_explanation(output),
        condensed_question=output["question"] if "asked" in output else None,
        refusal=_refusal(output.get("refusal")),
    )


def _explanation(found: SearchOutput) -> list[Explanation] | None:
    if "explanation" not in found:
        return None
    return [
        Explanation(
            **{name: value for name, value in item._asdict().items() if name != "fused"},
            fused_score=item.fused.score,
            dense_score=item.fused.dense_score,
            dense_rank=item.fused.dense_rank,
            sparse_score=item.fused.sparse_score,
            sparse_rank=item.fused.sparse_rank,
        )
        for item in found["explanation"]
    ]


def _refusal(found: GuardRefusal | None) -> Refusal | None:
    return None if found is None else Refusal.model_validate(found)


def _citation(span: CitedSpan) -> Citation:
    return Citation.model_validate(span)
