"""Questions to the agent, which chooses between documents and databases."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Request, Response

from api.collections import require_collection
from api.dependencies import Asker, Services
from api.documentation import EVENT_STREAM, problems
from api.event_encoders import RunEncoder, is_early
from api.event_stream import EventStream, Pump, while_connected
from api.strict_json import StrictRoute
from service.agent_schemas import AgentAnswer, AgentRequest

router = APIRouter(prefix="/api/agent", tags=["agent"], route_class=StrictRoute)
_QUESTION = {"question": "How many orders came from Norway?", "collection": "default"}


class AgentBody(AgentRequest):
    """Ask the agent; `stream` asks for events instead of one JSON answer."""

    stream: bool = False

    def request(self) -> AgentRequest:
        """Return the question without the choice of its form."""
        return AgentRequest.model_validate(self.model_dump(exclude={"stream"}))


@router.post(
    "",
    summary="Ask the agent",
    response_model=AgentAnswer,
    responses={200: {"content": EVENT_STREAM}, **problems(400, 404, 413, 422, 503)},
)
async def ask_agent(
    request: Request,
    services: Services,
    principal: Asker,
    body: Annotated[AgentBody, Body(examples=[_QUESTION])],
    accept: Annotated[str, Header()] = "application/json",
) -> AgentAnswer | Response:
    """Answer from documents or a database, whichever knows.

    When it is not clear what is asked, `clarify` holds options and a `run_id`: send it back with
    `choice` to go on. As events: `run.started`, `node.started`, `tool.called`, those of the tool,
    `tool.finished`, `token`, `citation`, `clarify`, `run.finished`, `error`.
    """
    question = body.request()
    await require_collection(services, principal, question.collection)
    if not (body.stream or "text/event-stream" in accept):
        return await while_connected(request, services.agent.answer(principal, question))
    pump = Pump(services.agent.ask(principal, question))
    await pump.peek(is_early)
    return EventStream(pump, RunEncoder())
