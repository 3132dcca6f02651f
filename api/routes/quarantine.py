"""The review of files that could not be used."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.collections import require_collection
from api.dependencies import Editor, Identifier, Limit, Offset, Services, Uploader
from api.documentation import problems
from api.uploads import FORM, Received, receive_upload
from providers.errors import QuarantineReason
from service.curation_schemas import QuarantinedDocument, QuarantinePage
from service.errors import UploadRefusedError
from service.library import Upload
from service.schemas import CollectionName, JobRead
from service.settings import Settings

router = APIRouter(prefix="/api/quarantine", tags=["quarantine"])


@router.get("", summary="List what is in quarantine", responses=problems(404))
async def list_quarantine(
    *,
    services: Services,
    principal: Editor,
    reason: Annotated[QuarantineReason | None, Query()] = None,
    collection: Annotated[CollectionName | None, Query()] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> QuarantinePage:
    """List the files that could not be used, newest first, with the reason."""
    if collection is not None:
        await require_collection(services, principal, collection)
    return await services.quarantine.list(
        principal, reason=reason, collection=collection, limit=limit, offset=offset
    )


@router.get("/{document_id}", summary="Show a file in quarantine", responses=problems(404))
async def get_quarantined(
    services: Services, principal: Editor, document_id: Identifier
) -> QuarantinedDocument:
    """Show why a file could not be used, and what to do."""
    return await services.quarantine.show(principal, document_id)


@router.post(
    "/{document_id}/release",
    summary="Release a file",
    status_code=202,
    responses=problems(404, 409),
)
async def release_file(
    services: Services, principal: Editor, response: Response, document_id: Identifier
) -> JobRead:
    """Take in a file that was only suspected; a job does it."""
    return _accepted(response, await services.quarantine.release(principal, document_id))


@router.post(
    "/{document_id}/replace",
    summary="Replace a file",
    status_code=202,
    openapi_extra={"requestBody": FORM},
    responses=problems(400, 404, 413, 415, 507),
)
async def replace_file(
    request: Request,
    response: Response,
    services: Services,
    principal: Uploader,
    document_id: Identifier,
) -> JobRead:
    """Take in another file under the name of this one; a job does it."""
    await services.quarantine.show(principal, document_id)
    settings: Settings = request.app.state.settings
    received = await receive_upload(
        request, max_file_mib=settings.server.max_upload_mb, folder=settings.home / "uploads"
    )
    try:
        upload = _only(received)
        job = await services.quarantine.replace(principal, document_id, upload)
    finally:
        await received.discard()
    return _accepted(response, job)


@router.delete("/{document_id}", summary="Drop a file", status_code=204, responses=problems(404))
async def drop_file(services: Services, principal: Editor, document_id: Identifier) -> None:
    """Give a file up; an earlier version that answers stays."""
    await services.quarantine.drop(principal, document_id)


def _only(received: Received) -> Upload:
    if len(received.uploads) != 1:
        raise UploadRefusedError("send exactly one file: it takes the name of the other one")
    return received.uploads[0]


def _accepted(response: Response, job: JobRead) -> JobRead:
    response.headers["Location"] = f"/api/jobs/{job.job_id}"
    return job
