"""The part of OpenAI's chat completion shapes that the service speaks."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graphs.query.filters import Filters
from graphs.query.settings import Strategy
from service.schemas import ConflictRead

_MAX_MESSAGES = 1000


class _Lenient(BaseModel):
    """What clients send beside the known fields (temperature, tools …) has no effect."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ContentPart(_Lenient):
    """A part of a message; only text counts."""

    type: str
    text: str | None = None


class Message(_Lenient):
    """A message of the conversation so far."""

    role: str
    content: str | list[ContentPart] | None = None

    def text(self) -> str:
        """Return the text of the message."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content or []
        return "\n".join(part.text for part in parts if part.type == "text" and part.text)


class StreamOptions(_Lenient):
    """How to stream."""

    include_usage: bool = False


class ChatCompletionRequest(_Lenient):
    """Ask like a chat model; the last user message is the question.

    `filters` and `strategy` are the native API's. Clients that cannot send filters write
    `filter.<key>` into `metadata`, with commas between values; other metadata has no effect.
    """

    model: str = Field(default="cicerone", max_length=100)
    messages: list[Message] = Field(min_length=1, max_length=_MAX_MESSAGES)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    filters: Filters | None = None
    strategy: Strategy | None = None
    metadata: dict[str, Any] | None = Field(
        default=None, examples=[{"conversation_id": "kitchen-2"}]
    )

    def conversation_id(self) -> str | None:
        """Return the id of the conversation that the metadata name."""
        found = (self.metadata or {}).get("conversation_id")
        return found if isinstance(found, str) and found else None


class UrlCitation(BaseModel):
    """Where a marker stands in the text, and where its source is."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    """A citation; `citation` has all that the native API tells of it."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    citation: dict[str, Any]


class AnswerMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation] = []


class Choice(BaseModel):
    """The one choice there is."""

    index: Literal[0] = 0
    message: AnswerMessage
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class CompletionUsage(BaseModel):
    """Tokens of the run, as its model counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Extension(BaseModel):
    """What the answer says beyond OpenAI's fields.

    `strategy` is how passages were looked for, `conflicts` name documents that contradict.
    """

    abstained: bool
    degraded: list[str]
    conversation_id: str | None
    trace_id: str
    cached: str | None = None
    strategy: Strategy = Strategy.VANILLA
    conflicts: list[ConflictRead] = []


class ChatCompletion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    cicerone: Extension


class Model(BaseModel):
    """A collection, as a model that one may ask."""

    id: str = Field(examples=["cicerone/manuals"])
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "cicerone"


class ModelList(BaseModel):
    """All collections as models."""

    object: Literal["list"] = "list"
    data: list[Model]
