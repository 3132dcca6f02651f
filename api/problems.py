"""Problem details (RFC 9457): what every refused request gets, with a way out."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from data.errors import DatabaseBusyError, DatabaseError
from graphs.errors import GraphError
from providers.errors import (
    ModelMissingError,
    ObjectNotFoundError,
    ProviderError,
    PushRefusedError,
    QueryError,
    StorageFullError,
    StoreLockedError,
    TransientProviderError,
    UnreadableDocumentError,
)
from service.correlation import current_trace
from service.errors import ServiceError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/problems/"
RETRY_AFTER_S = 5
"""Seconds after which a lost provider is worth another try; a round figure, not measured."""

_OUTSIDE_PROBLEMS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (StorageFullError, 507, "storage-full", "The storage is full"),
    (StoreLockedError, 503, "store-locked", "Another process holds the store"),
    (ModelMissingError, 503, "model-missing", "A model is missing"),
    (ObjectNotFoundError, 404, "object-not-found", "No such object"),
    (UnreadableDocumentError, 422, "document-unreadable", "The document cannot be used"),
    (QueryError, 502, "query-failed", "The database did not answer"),
    (PushRefusedError, 401, "push-refused", "The delivery is refused"),
    (TransientProviderError, 503, "provider-unavailable", "A provider does not answer"),
    (ProviderError, 502, "provider-failed", "A provider failed"),
    (ClientDisconnect, 499, "client-gone", "The client went away"),
)
"""The first class that fits decides, so subclasses stand before their base."""


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(examples=["body.question"])
    message: str = Field(examples=["String should have at most 100000 characters"])


class Problem(BaseModel):
    """An RFC 9457 problem; `type` is stable, `detail` says what to do."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["/problems/collection-not-found"])
    title: str = Field(examples=["No such collection"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no collection 'manuals'; upload a document into it"])
    instance: str | None = Field(default=None, examples=["/api/search"])
    trace_id: str = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    errors: list[FieldProblem] | None = None

    @property
    def slug(self) -> str:
        """The last part of `type`."""
        return self.type.removeprefix(TYPE_PREFIX)

    def body(self) -> dict[str, Any]:
        """Return the JSON object that leaves the service."""
        return self.model_dump(mode="json", exclude_none=True)


class ProblemError(HTTPException):
    """A request that the API itself refuses."""

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.slug = slug
        self.title = title


def client_gone() -> ProblemError:
    """Build the end of a request whose client went away; nobody reads it, the log does."""
    return ProblemError(499, "client-gone", "The client went away", "the run was stopped")


def describe(error: BaseException, *, instance: str | None = None) -> Problem:
    """Turn any error into a problem; what is not known becomes a 500 without details."""
    if isinstance(error, ProblemError):
        return _problem(error.status_code, error.slug, error.title, error.detail, instance)
    if isinstance(error, RequestValidationError):
        return _invalid_request(error.errors(), instance)
    if isinstance(error, StarletteHTTPException):
        return _http_problem(error, instance)
    if isinstance(error, ServiceError | GraphError | DatabaseError):
        return _problem(error.status, error.type, error.title, str(error) or error.title, instance)
    return _outside_problem(error, instance)


def headers_of(error: BaseException, problem: Problem) -> dict[str, str]:
    """Return the headers that belong to the problem's response."""
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, TransientProviderError | DatabaseBusyError):
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return headers


def _outside_problem(error: BaseException, instance: str | None) -> Problem:
    for kind, status, slug, title in _OUTSIDE_PROBLEMS:
        if isinstance(error, kind):
            return _problem(status, slug, title, str(error) or title, instance)
    return _problem(
        500,
        "internal-error",
        "Something went wrong inside the service",
        "try again; if it happens again, report the trace id, under which the log has the cause",
        instance,
    )


def _problem(status: int, slug: str, title: str, detail: str, instance: str | None) -> Problem:
    return Problem(
        type=TYPE_PREFIX + slug,
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        trace_id=current_trace(),
    )


def _http_problem(error: StarletteHTTPException, instance: str | None) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-").replace("'", "")
    details = {
        404: "there is nothing at this address; /api/openapi.json lists what there is",
        405: "this address does not take that method; the Allow header lists those it takes",
    }
    detail = details.get(error.status_code, str(error.detail))
    return _problem(error.status_code, slug, phrase, detail, instance)


def _invalid_request(items: Sequence[Mapping[str, Any]], instance: str | None) -> Problem:
    """Name each wrong field; what was sent is not repeated, since it may be large or secret."""
    if any(item["type"] == "json_invalid" for item in items):
        detail = "the body is not valid JSON; send UTF-8 JSON that a parser accepts"
        return _problem(400, "malformed-json", "The body is not JSON", detail, instance)
    fields = [
        FieldProblem(field=".".join(map(str, item["loc"])), message=str(item["msg"]))
        for item in items
    ]
    detail = "; ".join(f"{field.field}: {field.message}" for field in fields[:5])
    found = _problem(422, "validation-failed", "The request is not valid", detail, instance)
    return found.model_copy(update={"errors": fields})
