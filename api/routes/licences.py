"""Licences and exclusions, for administrators; everybody else may read them."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.dependencies import Admin, Identifier, Reader, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.curation_schemas import (
    AssignmentBody,
    DocumentTerms,
    ExclusionBody,
    ExclusionRead,
    LicenceBody,
    LicenceRead,
    LicenceReport,
)
from service.licences import SOON_DAYS

router = APIRouter(prefix="/api", tags=["licences"], route_class=StrictRoute)

_LICENCE = {
    "name": "CC-BY-4.0",
    "allowed_uses": ["index", "quote", "original"],
    "attribution": "© the authors, CC BY 4.0",
}
_EXCLUSION = {"kind": "source", "pattern": "drafts/*", "reason": "not published yet"}


@router.get("/licences", summary="List licences", responses=problems())
async def list_licences(services: Services, principal: Reader) -> list[LicenceRead]:
    """List the licences, by name."""
    return list(await services.licences.list(principal))


@router.post("/licences", summary="Describe a licence", responses=problems(400, 413))
async def put_licence(
    services: Services,
    principal: Admin,
    body: Annotated[LicenceBody, Body(examples=[_LICENCE])],
) -> LicenceRead:
    """Describe a licence, or change the one of that name; its documents follow at once."""
    return await services.licences.put(principal, body)


@router.post(
    "/licences/assignments",
    summary="Give a licence",
    status_code=204,
    responses=problems(400, 404, 413),
)
async def assign_licence(
    services: Services,
    principal: Admin,
    body: Annotated[
        AssignmentBody, Body(examples=[{"licence": "CC-BY-4.0", "collection": "manuals"}])
    ],
) -> None:
    """Give a document, a source or a collection a licence; `null` takes it away."""
    await services.licences.assign(principal, body)


@router.get("/licences/report", summary="Report on licences", responses=problems())
async def report_licences(
    services: Services,
    principal: Reader,
    within_days: Annotated[int, Query(ge=0, le=3650)] = SOON_DAYS,
) -> LicenceReport:
    """Count the documents by licence, and name those whose terms end or that are excluded."""
    return await services.licences.report(principal, within_days=within_days)


@router.get("/licences/exclusions", summary="List exclusions", responses=problems())
async def list_exclusions(services: Services, principal: Reader) -> list[ExclusionRead]:
    """List the exclusions, oldest first."""
    return list(await services.licences.exclusions(principal))


@router.post(
    "/licences/exclusions", summary="Exclude", status_code=201, responses=problems(400, 413)
)
async def add_exclusion(
    services: Services,
    principal: Admin,
    body: Annotated[ExclusionBody, Body(examples=[_EXCLUSION])],
) -> ExclusionRead:
    """Never take in, and from now on never answer from, what fits the pattern."""
    return await services.licences.exclude(principal, body)


@router.delete(
    "/licences/exclusions/{exclusion_id}",
    summary="Remove an exclusion",
    status_code=204,
    responses=problems(404),
)
async def remove_exclusion(services: Services, principal: Admin, exclusion_id: Identifier) -> None:
    """Remove an exclusion; what it alone forbade answers again."""
    await services.licences.include(principal, exclusion_id)


@router.get(
    "/documents/{document_id}/licence", summary="Show a document's terms", responses=problems(404)
)
async def get_terms(
    services: Services, principal: Reader, document_id: Identifier
) -> DocumentTerms:
    """Show which licence holds for a document, where it comes from, and what it allows."""
    return await services.licences.terms(principal, document_id)
