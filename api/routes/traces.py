"""What runs did: lists, trees, and runs that are run again."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query

from api.dependencies import Editor, Limit, Offset, Services
from api.documentation import problems
from api.routes.audit import Moment
from api.strict_json import StrictRoute
from service.tracing.schemas import (
    ReplayRead,
    ReplayRequest,
    TraceFilter,
    TracePage,
    TraceState,
    TraceTree,
)

router = APIRouter(prefix="/api/traces", tags=["traces"], route_class=StrictRoute)

TraceId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
]


def wanted_traces(
    *,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
    graph: Annotated[str | None, Query(max_length=128, examples=["query"])] = None,
    state: TraceState | None = None,
    min_ms: Annotated[float | None, Query(ge=0, description="At least this slow.")] = None,
    text: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Part of what was asked.")
    ] = None,
) -> TraceFilter:
    """Read which traces are asked for."""
    return TraceFilter(since=since, until=until, graph=graph, state=state, min_ms=min_ms, text=text)


Wanted = Annotated[TraceFilter, Depends(wanted_traces)]
Replay = Annotated[ReplayRequest, Body()]


@router.get("", summary="List traces", responses=problems())
async def list_traces(
    services: Services, principal: Editor, wanted: Wanted, limit: Limit = 50, offset: Offset = 0
) -> TracePage:
    """List the tenant's traces, newest first; personal data in them is masked."""
    return await services.traces.page(principal, wanted, limit=limit, offset=offset)


@router.get("/{trace_id}", summary="Show a trace", responses=problems(404))
async def get_trace(services: Services, principal: Editor, trace_id: TraceId) -> TraceTree:
    """Show what a run did, step by step, with times, tokens and cost."""
    return await services.traces.tree(principal, trace_id)


@router.post("/{trace_id}/replay", summary="Run a trace again", responses=problems(404, 409))
async def replay_trace(
    services: Services, principal: Editor, trace_id: TraceId, wanted: Replay
) -> ReplayRead:
    """Ask the recorded (masked) question again, and show what differs."""
    return await services.traces.replay(principal, trace_id, wanted)
