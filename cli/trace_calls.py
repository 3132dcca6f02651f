"""What the commands need of traces and objectives, in this process or in a running server."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx

from providers.principal import Principal
from service.metrics.objectives import Objectives, SloRead
from service.tracing.schemas import (
    ReplayRead,
    ReplayRequest,
    TraceFilter,
    TracePage,
    TraceTree,
)
from service.tracing.traces import Traces

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""


class TraceCalls(Protocol):
    """Traces of the tenant."""

    async def page(self, wanted: TraceFilter, limit: int, offset: int) -> TracePage:
        """List traces."""
        ...

    async def tree(self, trace_id: str) -> TraceTree:
        """Show a trace."""
        ...

    async def replay(self, trace_id: str, wanted: ReplayRequest) -> ReplayRead:
        """Run a trace again."""
        ...

    async def objectives(self) -> SloRead:
        """Measure what is promised."""
        ...


class LocalTraces:
    """Calls the service in this process."""

    def __init__(self, traces: Traces, objectives: Objectives, principal: Principal) -> None:
        self._traces = traces
        self._objectives = objectives
        self._principal = principal

    async def page(self, wanted: TraceFilter, limit: int, offset: int) -> TracePage:
        """List traces."""
        return await self._traces.page(self._principal, wanted, limit=limit, offset=offset)

    async def tree(self, trace_id: str) -> TraceTree:
        """Show a trace."""
        return await self._traces.tree(self._principal, trace_id)

    async def replay(self, trace_id: str, wanted: ReplayRequest) -> ReplayRead:
        """Run a trace again."""
        return await self._traces.replay(self._principal, trace_id, wanted)

    async def objectives(self) -> SloRead:
        """Measure what is promised."""
        return await self._objectives.report(self._principal)


class RemoteTraces:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def page(self, wanted: TraceFilter, limit: int, offset: int) -> TracePage:
        """List traces."""
        params = wanted.model_dump(mode="json", exclude_none=True)
        response = await self._send(
            "GET", "/api/traces", params={**params, "limit": limit, "offset": offset}
        )
        return TracePage.model_validate_json(response.content)

    async def tree(self, trace_id: str) -> TraceTree:
        """Show a trace."""
        response = await self._send("GET", f"/api/traces/{trace_id}")
        return TraceTree.model_validate_json(response.content)

    async def replay(self, trace_id: str, wanted: ReplayRequest) -> ReplayRead:
        """Run a trace again."""
        path = f"/api/traces/{trace_id}/replay"
        response = await self._send("POST", path, json=wanted.model_dump(mode="json"))
        return ReplayRead.model_validate_json(response.content)

    async def objectives(self) -> SloRead:
        """Measure what is promised."""
        response = await self._send("GET", "/api/slo")
        return SloRead.model_validate_json(response.content)
