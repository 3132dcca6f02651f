"""What the OpenAPI document says beside the signatures: problems, tags, examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE, Problem
from service.source_schemas import Notice

Responses = dict[int | str, dict[str, Any]]

_DESCRIPTIONS = {
    400: "The body cannot be read.",
    401: "The credential is missing, unknown or no longer valid.",
    403: "The role does not suffice, or the request comes from another web page.",
    404: "There is no such thing.",
    409: "What is there does not allow it, or it was done before.",
    413: "The body is too large.",
    415: "The body has the wrong media type.",
    416: "The range lies outside the document.",
    421: "The host name is not served here.",
    422: "The request is not valid.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "Something went wrong inside the service; the log has the trace id.",
    502: "A provider failed.",
    503: "A provider does not answer, or what the request needs is switched off.",
    507: "The storage is full.",
}
ALWAYS = (401, 403, 421, 422, 429, 500, 502, 503)
"""What any route behind the gate may answer."""
TAGS = [
    {"name": "ask", "description": "Questions, answers, passages."},
    {"name": "conversations", "description": "What was asked and answered."},
    {"name": "documents", "description": "What answers come from."},
    {"name": "licences", "description": "What may be done with documents."},
    {"name": "quarantine", "description": "Files that could not be used."},
    {"name": "jobs", "description": "Work that goes on in the background."},
    {"name": "sources", "description": "Where documents come from."},
    {"name": "datasources", "description": "Databases that questions may be answered from."},
    {"name": "agent", "description": "Questions to documents and databases alike."},
    {"name": "sql", "description": "Questions to databases, and the queries that people approved."},
    {"name": "upkeep", "description": "Deletes and their return, indexes, stores, the trail."},
    {"name": "feedback", "description": "What people make of answers, and what comes of it."},
    {"name": "keys", "description": "API keys of the tenant."},
    {"name": "openai", "description": "For clients that speak the OpenAI protocol."},
    {"name": "health", "description": "How the service is."},
]
DESCRIPTION = """Answers from your documents, with page-exact citations.

Errors are problem details (RFC 9457): `type` is stable, `detail` says what to do, and
`trace_id`, which is also in the `X-Trace-Id` header, finds the request in the log.
"""
EVENT_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "itemSchema": {
            "type": "object",
            "required": ["data"],
            "properties": {
                "event": {"type": "string"},
                "data": {"type": "string"},
                "id": {"type": "string"},
            },
        },
        "example": 'event: token\ndata: {"text": "Descale every 60 days [1]."}\n\n',
    }
}


def problems(*statuses: int) -> Responses:
    """Document problem responses, beside those that every route may give."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": content}
        for status in sorted({*ALWAYS, *statuses})
    }


def openai_problems(*statuses: int) -> Responses:
    """Document errors in OpenAI's shape."""
    schema = {"schema": {"$ref": "#/components/schemas/OpenAIError"}}
    found = problems(*statuses)
    return {status: {**found[status], "content": {"application/json": schema}} for status in found}


def install(app: FastAPI) -> None:
    """Let the application describe itself completely."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(app)
        return app.openapi_schema

    # FastAPI documents that its method is replaced to extend the document.
    app.openapi = describe  # type: ignore[method-assign]


def _complete(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    schemas["OpenAIError"] = _OPENAI_ERROR
    schemas["Notice"] = Notice.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return found


_OPENAI_ERROR: dict[str, Any] = {
    "type": "object",
    "title": "OpenAIError",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code", "trace_id"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string"},
                "trace_id": {"type": "string"},
            },
        }
    },
}
