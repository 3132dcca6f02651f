"""Chat completions: any OpenAI client can ask."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Header, Request, Response
from pydantic import ValidationError

from api.collections import require_collection
from api.dependencies import Asker, Services
from api.documentation import EVENT_STREAM, openai_problems
from api.event_encoders import is_early
from api.event_stream import EventStream, Pump, while_connected
from api.problems import ProblemError
from api.strict_json import StrictRoute
from api.v1.completion import ChunkEncoder, completion
from api.v1.models import collection_of, model_not_found
from api.v1.schemas import ChatCompletion, ChatCompletionRequest, Message
from graphs.errors import CollectionNotFoundError
from graphs.query.filters import Filters
from service.correlation import current_trace
from service.schemas import AskRequest, ChatTurn

router = APIRouter(prefix="/v1", tags=["openai"], route_class=StrictRoute)
_FILTER = "filter."
_EXAMPLE = {"model": "cicerone", "messages": [{"role": "user", "content": "How do I descale?"}]}


def question_of(body: ChatCompletionRequest, conversation_id: str | None = None) -> AskRequest:
    """Return the question that a chat asks: its last user message, after those before it.

    Earlier messages of the body win over those that the service keeps of the conversation. A
    client that sends only its question has the conversation's.

    Args:
        body: What was sent.
        conversation_id: From the header; the body's metadata win over it.

    Raises:
        ProblemError: there is no user message, or the model id is not one of ours.
    """
    collection = collection_of(body.model)
    asked = [place for place, message in enumerate(body.messages) if message.role == "user"]
    if not asked:
        raise ProblemError(
            422, "question-missing", "There is no question", "send a message of the role 'user'"
        )
    filters = filters_of(body)
    try:
        return AskRequest(
            question=body.messages[asked[-1]].text(),
            collection=collection,
            filters=filters,
            strategy=body.strategy,
            conversation_id=body.conversation_id() or conversation_id,
            history=_turns(body.messages[: asked[-1]]) or None,
        )
    except ValidationError as error:
        raise _refused(error) from error


def _turns(messages: Sequence[Message]) -> tuple[ChatTurn, ...]:
    """Return what people and the assistant said; other roles and empty messages say nothing."""
    return tuple(
        ChatTurn(role="user" if message.role == "user" else "assistant", content=message.text())
        for message in messages
        if message.role in {"user", "assistant"} and message.text().strip()
    )


def _refused(error: ValidationError) -> ProblemError:
    if any("conversation_id" in item["loc"] for item in error.errors()):
        return ProblemError(
            422,
            "conversation-id-invalid",
            "That cannot be the id of a conversation",
            "use up to 64 letters, digits and _.:@- and begin with a letter or digit",
        )
    return ProblemError(422, "question-too-long", "The question is too long", "ask in fewer words")


def filters_of(body: ChatCompletionRequest) -> Filters | None:
    """Return the filters of the body, or those of its metadata.

    Raises:
        ProblemError: the metadata names a filter that there is not, or no value of one.
    """
    given = {
        key.removeprefix(_FILTER): value.split(",") if "," in value else value
        for key, value in (body.metadata or {}).items()
        if key.startswith(_FILTER)
    }
    if body.filters is not None or not given:
        return body.filters
    try:
        return Filters.model_validate(given)
    except ValidationError as error:
        raise ProblemError(
            422, "validation-failed", "The request is not valid", error.errors()[0]["msg"]
        ) from error


@router.post(
    "/chat/completions",
    summary="Chat completion",
    response_model=ChatCompletion,
    responses={200: {"content": EVENT_STREAM}, **openai_problems(400, 404, 413)},
)
async def chat_completions(
    request: Request,
    services: Services,
    principal: Asker,
    body: Annotated[ChatCompletionRequest, Body(examples=[_EXAMPLE])],
    x_conversation_id: Annotated[
        str | None,
        Header(description="Carry on this conversation; `metadata.conversation_id` wins."),
    ] = None,
) -> ChatCompletion | Response:
    """Answer the last user message from the documents, in OpenAI's shape.

    With the id of a conversation, in `metadata.conversation_id` or in the header, question and
    answer are kept; earlier messages of the body win over those that are kept.

    `model` chooses the collection: `cicerone` or `cicerone/<collection>`. Markers such as
    `[1]` in the text are explained by the message's `annotations`. Sampling parameters have
    no effect.
    """
    question, base_url = question_of(body, x_conversation_id), str(request.base_url)
    try:
        if not body.stream:
            answer = await while_connected(request, services.answering.answer(principal, question))
            return completion(answer, model=body.model, base_url=base_url)
        await require_collection(services, principal, question.collection)
        pump = Pump(services.answering.ask(principal, question))
        await pump.peek(is_early)
    except CollectionNotFoundError as error:
        raise model_not_found(body.model) from error
    options = body.stream_options
    encoder = ChunkEncoder(
        model=body.model,
        base_url=base_url,
        run_id=current_trace(),
        include_usage=options is not None and options.include_usage,
    )
    return EventStream(pump, encoder)
