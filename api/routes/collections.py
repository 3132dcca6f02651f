"""Collections and the documents in them that resemble each other."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from api.dependencies import Editor, Identifier, Reader, Services, Visitor
from api.documentation import problems
from api.strict_json import StrictRoute
from service.curation_schemas import (
    CollectionBody,
    CollectionRead,
    DocumentBody,
    RelatedDocument,
)
from service.schemas import CollectionName, DocumentRead

router = APIRouter(prefix="/api", tags=["documents"], route_class=StrictRoute)

Name = Annotated[CollectionName, Path(examples=["manuals"])]


@router.get("/collections", summary="List collections", responses=problems())
async def list_collections(services: Services, principal: Visitor) -> list[str]:
    """List the names of the tenant's collections."""
    return await services.library.collections(principal)


@router.get("/collections/{name}", summary="Show a collection", responses=problems(404))
async def get_collection(services: Services, principal: Reader, name: Name) -> CollectionRead:
    """Show a collection's policy on duplicates and its licence."""
    return await services.kinship.collection(principal, name)


@router.patch(
    "/collections/{name}", summary="Change a collection", responses=problems(400, 404, 413)
)
async def change_collection(
    services: Services,
    principal: Editor,
    name: Name,
    body: Annotated[CollectionBody, Body(examples=[{"duplicate_policy": "keep_newest"}])],
) -> CollectionRead:
    """Set the policy on duplicates; it holds at once for the documents that are there."""
    return await services.kinship.set_policy(principal, name, body.duplicate_policy)


@router.get(
    "/documents/{document_id}/related", summary="List related documents", responses=problems(404)
)
async def list_related(
    services: Services, principal: Reader, document_id: Identifier
) -> list[RelatedDocument]:
    """List near-duplicates and other editions of a document, the most alike first."""
    return await services.kinship.related(principal, document_id)


@router.patch(
    "/documents/{document_id}", summary="Change a document", responses=problems(400, 404, 413)
)
async def change_document(
    services: Services,
    principal: Editor,
    document_id: Identifier,
    body: Annotated[DocumentBody, Body(examples=[{"is_public": True, "product": "BX-2"}])],
) -> DocumentRead:
    """Say whether the public finds a document, and which product it is about."""
    return await services.library.change(
        principal, document_id, is_public=body.is_public, product=body.product
    )
