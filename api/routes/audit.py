"""Who did what."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime

from api.dependencies import Admin, Limit, Offset, Services
from api.documentation import problems
from data.values import AuditFilter
from service.upkeep.shapes import AuditExport, AuditPage

router = APIRouter(prefix="/api/audit", tags=["upkeep"])


def _in_utc(moment: datetime) -> datetime:
    """Convert a moment; one at the edge of what can be written stays as it is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_ID = r"^[A-Za-z0-9_-]{1,64}$"


def wanted_events(
    *,
    action: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,40})?$")] = None,
    document_id: Annotated[str | None, Query(pattern=_ID)] = None,
    subject: Annotated[str | None, Query(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")] = None,
    trace_id: Annotated[str | None, Query(pattern=_ID)] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
) -> AuditFilter:
    """Read which part of the trail is asked for."""
    return AuditFilter(
        action=action,
        document_id=document_id,
        subject=subject,
        trace_id=trace_id,
        since=since,
        until=until,
    )


Wanted = Annotated[AuditFilter, Depends(wanted_events)]


@router.get("", summary="Show the audit trail", responses=problems())
async def list_events(
    services: Services, principal: Admin, wanted: Wanted, limit: Limit = 100, offset: Offset = 0
) -> AuditPage:
    """Show who did what, newest first."""
    return await services.upkeep.audit.page(principal, wanted, limit=limit, offset=offset)


@router.post("/export", summary="Export the audit trail", responses=problems(503))
async def export_events(services: Services, principal: Admin, wanted: Wanted) -> AuditExport:
    """Write a part of the trail as JSON lines into an object below `logs/`."""
    return await services.upkeep.audit.export(principal, wanted)
