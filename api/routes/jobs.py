"""Background jobs and their events."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.dependencies import Editor, Identifier, Limit, Reader, Services
from api.documentation import EVENT_STREAM, problems
from api.event_encoders import JobEncoder
from api.event_stream import EventStream, Pump
from service.schemas import JobRead, JobStatus

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
_MAX_SEQUENCE = 2**53


@router.get("", summary="List jobs", responses=problems())
async def list_jobs(
    *,
    services: Services,
    principal: Reader,
    limit: Limit = 50,
    status: Annotated[JobStatus | None, Query(description="Only jobs that stand there.")] = None,
    dead: Annotated[
        bool, Query(description="Only jobs that have used all their attempts.")
    ] = False,
) -> list[JobRead]:
    """List the newest jobs first."""
    return await services.jobs.list(principal, limit=limit, status=status, dead=dead)


@router.get("/{job_id}", summary="Show a job", responses=problems(404))
async def get_job(services: Services, principal: Reader, job_id: Identifier) -> JobRead:
    """Show how far a job is, and its report once it has ended."""
    return await services.jobs.get(principal, job_id)


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=problems(404))
async def cancel_job(services: Services, principal: Editor, job_id: Identifier) -> JobRead:
    """Stop a job after the step it is in; a job that has ended stays as it is."""
    return await services.jobs.cancel(principal, job_id)


@router.post("/{job_id}/pause", summary="Pause a job", responses=problems(404))
async def pause_job(services: Services, principal: Editor, job_id: Identifier) -> JobRead:
    """Let a job rest after the step it is in; a job that has ended stays as it is."""
    return await services.jobs.pause(principal, job_id)


@router.post("/{job_id}/resume", summary="Resume a job", responses=problems(404))
async def resume_job(services: Services, principal: Editor, job_id: Identifier) -> JobRead:
    """Let a paused job go on where it stopped; any other stays as it is."""
    return await services.jobs.resume(principal, job_id)


@router.post("/{job_id}/retry", summary="Retry a job", responses=problems(404, 409))
async def retry_job(services: Services, principal: Editor, job_id: Identifier) -> JobRead:
    """Try a job again that failed or was cancelled, with all its attempts."""
    return await services.jobs.retry(principal, job_id)


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=Response,
    responses={
        200: {"description": "The job's events, until it ends.", "content": EVENT_STREAM},
        204: {"description": "The job has ended and there is nothing new."},
        **problems(404),
    },
)
async def follow_job(
    services: Services,
    principal: Reader,
    job_id: Identifier,
    last_event_id: Annotated[
        int, Header(ge=0, le=_MAX_SEQUENCE, description="Leave out events up to this one.")
    ] = 0,
) -> Response:
    """Send the job's events as server-sent events; a client that reconnects misses none."""
    await services.jobs.get(principal, job_id)
    pump = Pump(services.jobs.events(principal, job_id, after=last_event_id))
    if not await pump.peek(lambda _: False):
        await pump.stop()
        return Response(status_code=204)
    return EventStream(pump, JobEncoder())
