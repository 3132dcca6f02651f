"""Traces for those who look at them: lists, trees, and runs that are run again."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from time import perf_counter
from typing import Any, Final, TypeVar

import anyio.to_thread
from pydantic import ValidationError
from sqlalchemy import Connection

from prompts.pinning import pinned
from providers.principal import Principal
from providers.telemetry import SpanKind
from service.answering import Answering
from service.correlation import current_trace, start_trace
from service.schemas import Answer, AskRequest, SearchRequest, SearchResult
from service.tracing import reading
from service.tracing.errors import NotReplayableError, TraceNotFoundError, TraceStoreError
from service.tracing.masking import masked
from service.tracing.schemas import (
    Outcome,
    ReplayRead,
    ReplayRequest,
    SpanRead,
    TraceFilter,
    TracePage,
    TraceTree,
)
from service.tracing.tracer import Tracer

T = TypeVar("T")
ASKED: Final = ("query", "search", "text_to_sql")
"""The graphs that somebody waits for."""
NOTE: Final = (
    "The question was taken from the masked record: what was masked is not in it, so the answers "
    "may differ for that reason alone."
)


class Traces:
    """Shows the traces of the caller's tenant."""

    def __init__(self, tracer: Tracer, answering: Answering) -> None:
        self._tracer = tracer
        self._answering = answering

    async def page(
        self, principal: Principal, wanted: TraceFilter, *, limit: int = 50, offset: int = 0
    ) -> TracePage:
        """List traces, newest first.

        Raises:
            TraceStoreError: tracing is off, or the store cannot be read.
        """
        tenant_id = principal.tenant_id
        return await self._read(
            lambda found: reading.page(found, tenant_id, wanted, limit=limit, offset=offset)
        )

    async def tree(self, principal: Principal, trace_id: str) -> TraceTree:
        """Show a trace with its steps.

        Raises:
            TraceNotFoundError: the tenant has no such trace, or it is no longer kept.
        """
        tenant_id = principal.tenant_id

        def read(found: Connection) -> TraceTree | None:
            trace = reading.one(found, tenant_id, trace_id)
            if trace is None:
                return None
            spans, left = reading.steps(found, tenant_id, trace_id)
            return TraceTree(trace=trace, spans=spans, left_out=left)

        tree = await self._read(read)
        if tree is None:
            raise TraceNotFoundError(
                f"there is no trace {trace_id!r}; it may be too old, see tracing.retention_days"
            )
        return tree

    async def slowest(
        self, principal: Principal, since: datetime, *, limit: int = 6
    ) -> list[TraceTree]:
        """Show the longest searches and answers since a moment, the longest first.

        Raises:
            TraceStoreError: tracing is off, or the store cannot be read.
        """
        tenant_id = principal.tenant_id

        def read(found: Connection) -> list[TraceTree]:
            trees = []
            for trace in reading.slowest(
                found, tenant_id, ASKED, since=since.timestamp(), limit=limit
            ):
                spans, left = reading.steps(found, tenant_id, trace.trace_id)
                trees.append(TraceTree(trace=trace, spans=spans, left_out=left))
            return trees

        return await self._read(read)

    async def replay(
        self, principal: Principal, trace_id: str, wanted: ReplayRequest
    ) -> ReplayRead:
        """Run what a trace recorded again, and compare.

        Raises:
            TraceNotFoundError: the tenant has no such trace.
            NotReplayableError: it holds no question.
            GraphError: the new run failed.
        """
        tree = await self.tree(principal, trace_id)
        root = _root(tree.spans)
        recorded = _prompts(tree.spans)
        before = Outcome(
            trace_id=trace_id,
            answer=_answer_of(root),
            documents=root.attributes.get("retrieved_document_ids", []),
            duration_ms=root.duration_ms,
            cost_usd=tree.trace.cost_usd,
            prompts=recorded,
        )
        versions = {name: ref.partition(" ")[0] for name, ref in recorded.items()}
        use: AbstractContextManager[None] = nullcontext()
        if wanted.prompts == "recorded":
            use = pinned(versions)
        outside = current_trace()
        start_trace()
        try:
            with use:
                after = await self._again(principal, root)
        finally:
            start_trace(outside)
        return _compare(root, before, after)

    async def _again(self, principal: Principal, root: SpanRead) -> Outcome:
        started, trace_id = perf_counter(), current_trace()
        if root.name == "search":
            found = await self._answering.search(principal, _request(SearchRequest, root))
            return _of_search(found, trace_id, (perf_counter() - started) * 1000)
        # What was said before is masked and may have changed since: it is asked on its own.
        request = _request(AskRequest, root).model_copy(
            update={"cache": False, "conversation_id": None}
        )
        answer = await self._answering.answer(principal, request)
        took_ms = (perf_counter() - started) * 1000
        tree = await self.tree(principal, trace_id)
        return _of_answer(answer, trace_id, took_ms, _prompts(tree.spans))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        store = self._tracer.store
        if store is None:
            raise TraceStoreError("nothing is recorded: set tracing.enabled to true")
        # What has just happened shall be seen.
        await self._tracer.flush()
        return await anyio.to_thread.run_sync(store.read, work)


def _root(spans: Sequence[SpanRead]) -> SpanRead:
    for span in spans:
        if span.kind == SpanKind.GRAPH and "request" in span.attributes:
            return span
    raise NotReplayableError(
        "only searches and questions to documents can be run again, and only when "
        "tracing.content was on"
    )


def _request(kind: type[T], root: SpanRead) -> T:
    try:
        return kind(**root.attributes["request"])
    except (ValidationError, TypeError) as error:
        raise NotReplayableError("an earlier release recorded it in another form") from error


def _prompts(spans: Sequence[SpanRead]) -> dict[str, str]:
    """Return the version and hash of each prompt that was used."""
    said: list[Mapping[str, Any]] = [span.attributes for span in spans]
    return {
        each["prompt_name"]: f"{each['prompt_version']} {each['prompt_hash'][:12]}"
        for each in said
        if each.get("prompt_name") and each.get("prompt_hash")
    }


def _answer_of(root: SpanRead) -> str | None:
    found = root.attributes.get("output")
    return found if isinstance(found, str) else None


def _of_search(found: SearchResult, trace_id: str, took_ms: float) -> Outcome:
    documents = list(dict.fromkeys(hit.document_id for hit in found.hits))
    return Outcome(
        trace_id=trace_id,
        answer=None,
        documents=documents,
        duration_ms=took_ms,
        cost_usd=0.0,
        prompts={},
    )


def _of_answer(answer: Answer, trace_id: str, took_ms: float, prompts: dict[str, str]) -> Outcome:
    return Outcome(
        trace_id=trace_id,
        answer=masked(answer.answer),
        documents=list(dict.fromkeys(each.document_id for each in answer.citations)),
        duration_ms=took_ms,
        cost_usd=answer.usage.cost_usd,
        prompts=prompts,
    )


def _compare(root: SpanRead, before: Outcome, after: Outcome) -> ReplayRead:
    old = before.answer.splitlines() if before.answer is not None else before.documents
    new = after.answer.splitlines() if after.answer is not None else after.documents
    difference = list(difflib.unified_diff(old, new, "recorded", "now", lineterm=""))
    return ReplayRead(
        asked=str(root.attributes.get("input", "")),
        before=before,
        after=after,
        same=not difference and before.documents == after.documents,
        difference=difference,
        note=NOTE,
    )
