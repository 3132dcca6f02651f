"""Deleted documents, indexes, and the comparison of the stores."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.dependencies import Admin, Editor, Identifier, Limit, Offset, Reader, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.schemas import CollectionName, DocumentRead, JobRead
from service.upkeep.shapes import DeletedPage, IndexRead, ReconcileRequest, ReindexRequest

router = APIRouter(prefix="/api", tags=["upkeep"], route_class=StrictRoute)
_JOB: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "A job does it in the background.",
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
    }
}


@router.get("/trash", summary="List deleted documents", responses=problems())
async def list_deleted(
    services: Services, principal: Editor, limit: Limit = 50, offset: Offset = 0
) -> DeletedPage:
    """List the documents that can be restored, last deleted first."""
    return await services.upkeep.trash.deleted(principal, limit=limit, offset=offset)


@router.post(
    "/documents/{document_id}/restore",
    summary="Restore a document",
    responses=problems(404, 409, 503),
)
async def restore_document(
    services: Services, principal: Editor, document_id: Identifier
) -> DocumentRead:
    """Bring a deleted document back; once this answers, search finds it again."""
    await services.upkeep.trash.restore(principal, document_id)
    return await services.library.document(principal, document_id)


@router.delete(
    "/trash/{document_id}",
    summary="Purge a document",
    status_code=204,
    responses=problems(404, 409),
)
async def purge_document(services: Services, principal: Admin, document_id: Identifier) -> None:
    """Remove a deleted document for good: its rows, its vectors and its files."""
    await services.upkeep.trash.purge(principal, document_id)


@router.get("/indexes", summary="List indexes", responses=problems(404))
async def list_indexes(
    services: Services,
    principal: Reader,
    collection: Annotated[CollectionName | None, Query()] = None,
) -> list[IndexRead]:
    """List the vector indexes, newest first; one of each collection is live."""
    return await services.upkeep.indexes.list(principal, collection)


@router.post(
    "/collections/{collection}/reindex",
    summary="Replace an index",
    status_code=202,
    responses={**_JOB, **problems(400, 404, 413)},
)
async def reindex_collection(
    services: Services,
    principal: Admin,
    response: Response,
    collection: Annotated[CollectionName, Path()],
    wanted: ReindexRequest,
) -> JobRead:
    """Build the index that the settings ask for beside the live one, check it and switch.

    With `rollback` the index comes back that was live before.
    """
    job = await services.upkeep.indexes.reindex(principal, collection, wanted)
    return _accepted(response, job)


@router.post(
    "/reconcile",
    summary="Compare the stores",
    status_code=202,
    responses={**_JOB, **problems(400, 413)},
)
async def reconcile(
    services: Services, principal: Admin, response: Response, wanted: ReconcileRequest
) -> JobRead:
    """Compare database, vector store and object store; with `repair` mend what differs."""
    return _accepted(response, await services.upkeep.reconcile(principal, wanted))


@router.post(
    "/lifecycle",
    summary="Apply the storage rules",
    status_code=202,
    responses={**_JOB, **problems()},
)
async def apply_lifecycle(services: Services, principal: Admin, response: Response) -> JobRead:
    """Move old originals into cold storage; remove what can be made again, and old indexes."""
    return _accepted(response, await services.upkeep.lifecycle(principal))


def _accepted(response: Response, job: JobRead) -> JobRead:
    response.headers["Location"] = f"/api/jobs/{job.job_id}"
    return job
