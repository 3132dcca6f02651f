"""Questions and searches."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Request, Response

from api.collections import require_collection
from api.dependencies import Asker, Services
from api.documentation import EVENT_STREAM, problems
from api.event_encoders import RunEncoder, is_early
from api.event_stream import EventStream, Pump, while_connected
from api.strict_json import StrictRoute
from service.schemas import Answer, AskRequest, SearchRequest, SearchResult

router = APIRouter(prefix="/api", tags=["ask"], route_class=StrictRoute)

_QUESTION = {"question": "How often must the boiler be descaled?", "collection": "default"}


class AskBody(AskRequest):
    """Ask a question; `stream` asks for events instead of one JSON answer."""

    stream: bool = False

    def request(self) -> AskRequest:
        """Return the question without the choice of its form."""
        return AskRequest.model_validate(self.model_dump(exclude={"stream"}))


@router.post("/search", summary="Find passages", responses=problems(400, 404, 413))
async def search(
    request: Request,
    services: Services,
    principal: Asker,
    body: Annotated[SearchRequest, Body(examples=[{"query": "descaling interval", "k": 5}])],
) -> SearchResult:
    """Find the passages that fit a query best, by meaning and by words."""
    return await while_connected(request, services.answering.search(principal, body))


@router.post(
    "/ask",
    summary="Ask a question",
    response_model=Answer,
    responses={200: {"content": EVENT_STREAM}, **problems(400, 404, 413)},
)
async def ask(
    request: Request,
    services: Services,
    principal: Asker,
    body: Annotated[AskBody, Body(examples=[_QUESTION])],
    accept: Annotated[str, Header()] = "application/json",
) -> Answer | Response:
    """Answer from the documents, with checked citations.

    With `Accept: text/event-stream` or `"stream": true` the answer comes as events:
    `run.started`, `node.started`, `passages.retrieved`, `token`, `citation`,
    `guard.flagged`, `run.finished`, `error`. Whoever hangs up stops the run.
    """
    question = body.request()
    if not (body.stream or "text/event-stream" in accept):
        return await while_connected(request, services.answering.answer(principal, question))
    await require_collection(services, principal, question.collection)
    pump = Pump(services.answering.ask(principal, question))
    await pump.peek(is_early)
    return EventStream(pump, RunEncoder())
