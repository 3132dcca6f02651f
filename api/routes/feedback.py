"""Feedback, the review queue, and how searches went."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, status
from fastapi.responses import HTMLResponse

from api.dependencies import Admin, Identifier, Limit, Offset, Services, Visitor
from api.documentation import problems
from api.strict_json import StrictRoute
from data.models import CandidateState, SignalKind
from service.feedback.shapes import (
    AcceptBody,
    CandidatePage,
    CandidateRead,
    Collected,
    FeedbackBody,
    FeedbackPage,
    FeedbackRead,
    SearchAnalytics,
)

router = APIRouter(prefix="/api", tags=["feedback"], route_class=StrictRoute)
_VOTE = {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "kind": "down", "comment": "wrong model"}


@router.post(
    "/feedback",
    status_code=status.HTTP_201_CREATED,
    summary="Give feedback",
    responses=problems(400, 404, 413),
)
async def give_feedback(
    services: Services, principal: Visitor, body: Annotated[FeedbackBody, Body(examples=[_VOTE])]
) -> FeedbackRead:
    """Say what you make of an answer that you got; a second thumb replaces the first one."""
    return await services.signals.give(principal, body)


@router.get("/feedback", summary="List feedback", responses=problems())
async def list_feedback(
    services: Services,
    principal: Admin,
    kind: SignalKind | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> FeedbackPage:
    """List the feedback of the tenant, newest first."""
    return await services.signals.page(principal, kind=kind, limit=limit, offset=offset)


@router.post("/feedback/collect", summary="Collect candidates", responses=problems())
async def collect(services: Services, principal: Admin) -> Collected:
    """Make candidates of the votes since the last time; the clock does it every night."""
    return await services.review.collect(principal)


@router.get("/feedback/candidates", summary="List candidates", responses=problems())
async def list_candidates(
    services: Services,
    principal: Admin,
    state: CandidateState | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> CandidatePage:
    """List the questions that feedback suggests; accepted ones are the tenant's golden set."""
    return await services.review.queue(principal, state=state, limit=limit, offset=offset)


@router.post(
    "/feedback/candidates/{candidate_id}/accept",
    summary="Accept a candidate",
    responses=problems(400, 404, 413),
)
async def accept_candidate(
    services: Services,
    principal: Admin,
    candidate_id: Identifier,
    body: Annotated[AcceptBody, Body(examples=[{"answer": "Every 60 days."}])],
) -> CandidateRead:
    """Make a candidate a golden row, mended by what the body says."""
    return await services.review.accept(principal, candidate_id, body)


@router.post(
    "/feedback/candidates/{candidate_id}/reject",
    summary="Reject a candidate",
    responses=problems(404),
)
async def reject_candidate(
    services: Services, principal: Admin, candidate_id: Identifier
) -> CandidateRead:
    """Leave a candidate out; it is not suggested again."""
    return await services.review.reject(principal, candidate_id)


@router.get("/analytics/searches", summary="Analyse searches", responses=problems())
async def analyse_searches(
    services: Services,
    principal: Admin,
    days: Annotated[int, Query(ge=1, le=366, description="How far to look back.")] = 7,
) -> SearchAnalytics:
    """Tell what is asked most, what finds nothing, and what is opened."""
    return await services.analytics.searches(principal, days)


@router.get("/report", summary="Draw the report", response_class=HTMLResponse, responses=problems())
async def draw_report(
    services: Services,
    principal: Admin,
    days: Annotated[int, Query(ge=1, le=366, description="How far to look back.")] = 30,
) -> HTMLResponse:
    """Draw accuracy, recall, models, costs and feedback as one HTML file."""
    return HTMLResponse(await services.reports.draw(principal, days))
