"""Questions about databases, and the queries that people have approved."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Request, Response

from api.dependencies import Editor, Querier, Reader, Services
from api.documentation import EVENT_STREAM, problems
from api.event_encoders import RunEncoder, is_early
from api.event_stream import EventStream, Pump, while_connected
from api.strict_json import StrictRoute
from service.datasource_schemas import DatasourceName
from service.sql_schemas import ExampleList, ExampleRead, NewExample, SqlAnswer, SqlRequest

router = APIRouter(prefix="/api/sql", tags=["sql"], route_class=StrictRoute)
_QUESTION = {"datasource": "shop", "question": "How many orders came from Norway?"}


class SqlBody(SqlRequest):
    """Ask a question of a datasource; `stream` asks for events instead of one JSON answer."""

    stream: bool = False

    def request(self) -> SqlRequest:
        """Return the question without the choice of its form."""
        return SqlRequest.model_validate(self.model_dump(exclude={"stream"}))


@router.post(
    "",
    summary="Ask a database",
    response_model=SqlAnswer,
    responses={200: {"content": EVENT_STREAM}, **problems(400, 404, 413, 422, 503)},
)
async def ask_database(
    request: Request,
    services: Services,
    principal: Querier,
    body: Annotated[SqlBody, Body(examples=[_QUESTION])],
    accept: Annotated[str, Header()] = "application/json",
) -> SqlAnswer | Response:
    """Answer a question from a datasource, with the query that was run.

    When it is not clear what is asked, `clarify` holds two to four options and a `run_id`:
    send it back with `choice` to go on. As events: `run.started`, `node.started`,
    `catalog.scoped`, `values.linked`, `example.recalled`, `sql.drafted`, `sql.validated`,
    `sql.planned`, `rows.fetched`, `answer`, `clarify`, `run.finished`, `error`.
    """
    question = body.request()
    if not (body.stream or "text/event-stream" in accept):
        return await while_connected(request, services.sql.answer(principal, question))
    pump = Pump(services.sql.ask(principal, question))
    await pump.peek(is_early)
    return EventStream(pump, RunEncoder())


@router.get("/examples", summary="List verified questions", responses=problems(400))
async def list_examples(
    services: Services,
    principal: Reader,
    datasource: Annotated[DatasourceName, Query(description="The datasource's name.")],
) -> ExampleList:
    """List the verified questions of a datasource, with who approved them and when."""
    return await services.sql_examples.list(principal, datasource)


@router.post(
    "/examples",
    summary="Approve a query",
    status_code=201,
    responses=problems(400, 404, 413, 422),
)
async def approve_example(services: Services, principal: Editor, body: NewExample) -> ExampleRead:
    """Keep a question with its query, to be used again for other values."""
    return await services.sql_examples.approve(principal, body)


@router.delete(
    "/examples/{example_id}", summary="Withdraw a query", status_code=204, responses=problems(404)
)
async def withdraw_example(services: Services, principal: Editor, example_id: str) -> None:
    """Take a verified question back; it is not used again."""
    await services.sql_examples.withdraw(principal, example_id)
