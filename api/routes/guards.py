"""Guards of collections, and what guards decided."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query

from api.dependencies import Admin, Limit, Offset, Reader, Services
from api.documentation import problems
from api.routes.audit import Moment
from api.strict_json import StrictRoute
from data.values import VerdictFilter
from providers.types import GuardStage
from service.guard_schemas import GuardsBody, GuardsRead, VerdictPage
from service.schemas import CollectionName

router = APIRouter(prefix="/api", tags=["guards"], route_class=StrictRoute)

Name = Annotated[CollectionName, Path(examples=["manuals"])]
_ID = r"^[A-Za-z0-9_.:-]{1,64}$"


def wanted_verdicts(
    *,
    stage: GuardStage | None = None,
    rule: Annotated[str | None, Query(pattern=r"^[a-z_]{1,32}(\.[a-z_]{1,32})?$")] = None,
    action: Annotated[str | None, Query(pattern=r"^[a-z_]{1,16}$")] = None,
    trace_id: Annotated[str | None, Query(pattern=_ID)] = None,
    conversation_id: Annotated[str | None, Query(pattern=_ID)] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
) -> VerdictFilter:
    """Read which verdicts are asked for."""
    return VerdictFilter(
        stage=stage,
        rule=rule,
        action=action,
        trace_id=trace_id,
        conversation_id=conversation_id,
        since=since,
    )


Wanted = Annotated[VerdictFilter, Depends(wanted_verdicts)]


@router.get("/guards/verdicts", summary="List verdicts", responses=problems())
async def list_verdicts(
    services: Services, principal: Admin, wanted: Wanted, limit: Limit = 100, offset: Offset = 0
) -> VerdictPage:
    """Show what guards decided, newest first; the texts themselves are not kept."""
    return await services.guarding.verdicts(principal, wanted, limit=limit, offset=offset)


@router.get(
    "/collections/{name}/guards", summary="Show a collection's guards", responses=problems(404)
)
async def get_guards(services: Services, principal: Reader, name: Name) -> GuardsRead:
    """Show the policies that hold for a collection, and the topics it is about."""
    return await services.guarding.collection(principal, name)


@router.patch(
    "/collections/{name}/guards",
    summary="Change a collection's guards",
    responses=problems(400, 404, 413),
)
async def change_guards(
    services: Services,
    principal: Admin,
    name: Name,
    body: Annotated[GuardsBody, Body(examples=[{"policies": {"pii": "redact"}}])],
) -> GuardsRead:
    """Set policies and topics; they hold for the next question."""
    return await services.guarding.change(principal, name, body)
