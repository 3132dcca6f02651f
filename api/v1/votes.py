"""Feedback on a chat completion, beside OpenAI's routes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, status
from pydantic import BaseModel, Field

from api.dependencies import Services, Visitor
from api.documentation import openai_problems
from api.strict_json import StrictRoute
from data.models import SignalKind
from service.feedback.shapes import MAX_COMMENT_CHARS, FeedbackBody
from service.schemas import Request

router = APIRouter(prefix="/v1", tags=["openai"], route_class=StrictRoute)
_PREFIX = "chatcmpl-"
_VOTE = {"id": "chatcmpl-4bf92f3577b34da6a3ce929d0e0e4736", "rating": "up"}


class VoteRequest(Request):
    """A thumb for a completion; `id` is the completion's, with or without `chatcmpl-`."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    rating: Literal["up", "down"]
    comment: str | None = Field(default=None, min_length=1, max_length=MAX_COMMENT_CHARS)


class Vote(BaseModel):
    """The thumb as it is kept."""

    id: str
    object: Literal["feedback"] = "feedback"
    completion: str
    rating: Literal["up", "down"]


@router.post(
    "/feedback",
    status_code=status.HTTP_201_CREATED,
    summary="Rate a completion",
    responses=openai_problems(400, 404, 413),
)
async def rate_completion(
    services: Services, principal: Visitor, body: Annotated[VoteRequest, Body(examples=[_VOTE])]
) -> Vote:
    """Say what you make of a completion that you got; a second thumb replaces the first one."""
    given = FeedbackBody(
        trace_id=body.id.removeprefix(_PREFIX)[:64],
        kind=SignalKind(body.rating),
        comment=body.comment,
    )
    kept = await services.signals.give(principal, given)
    return Vote(id=kept.id, completion=f"{_PREFIX}{kept.trace_id}", rating=body.rating)
