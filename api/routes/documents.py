"""Documents: upload, list, show, delete."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.collections import require_collection
from api.dependencies import Editor, Identifier, Limit, Offset, Services, Uploader, Visitor
from api.documentation import problems
from api.uploads import FORM, receive_upload
from service.schemas import CollectionName, DocumentPage, DocumentRead, DocumentStatus, JobRead
from service.settings import Settings

router = APIRouter(prefix="/api", tags=["documents"])


@router.post(
    "/documents",
    summary="Upload documents",
    status_code=202,
    openapi_extra={"requestBody": FORM},
    responses={
        202: {
            "description": "A job reads the files in the background.",
            "headers": {
                "Location": {"description": "The job.", "schema": {"type": "string"}},
            },
        },
        **problems(400, 413, 415, 507),
    },
)
async def upload_documents(
    request: Request, response: Response, services: Services, principal: Uploader
) -> JobRead:
    """Take files into a collection, which is made if it does not exist.

    A file of the same name becomes a new version of the document.
    """
    settings: Settings = request.app.state.settings
    received = await receive_upload(
        request, max_file_mib=settings.server.max_upload_mb, folder=settings.home / "uploads"
    )
    try:
        job = await services.library.submit(principal, received.collection, received.uploads)
    finally:
        await received.discard()
    response.headers["Location"] = f"/api/jobs/{job.job_id}"
    return job


@router.get("/documents", summary="List documents", responses=problems(404))
async def list_documents(
    *,
    services: Services,
    principal: Visitor,
    collection: Annotated[CollectionName | None, Query()] = None,
    status: Annotated[DocumentStatus | None, Query()] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> DocumentPage:
    """List documents, newest first."""
    if collection is not None:
        await require_collection(services, principal, collection)
    return await services.library.documents(
        principal, collection=collection, status=status, limit=limit, offset=offset
    )


@router.get("/documents/{document_id}", summary="Show a document", responses=problems(404))
async def get_document(
    services: Services, principal: Visitor, document_id: Identifier
) -> DocumentRead:
    """Show a document and the state of its newest version."""
    return await services.library.document(principal, document_id)


@router.delete(
    "/documents/{document_id}",
    summary="Delete a document",
    status_code=204,
    responses=problems(404),
)
async def delete_document(services: Services, principal: Editor, document_id: Identifier) -> None:
    """Delete a document; once this answers, no search finds it any more."""
    await services.library.delete(principal, document_id)
