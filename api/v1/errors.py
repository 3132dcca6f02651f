"""Errors in the shape that OpenAI clients read."""

from typing import Any

from api.problems import Problem

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_SERVER_ERROR = 500


def openai_error(problem: Problem) -> dict[str, Any]:
    """Return the problem as an OpenAI error object, with the trace id beside it."""
    fallback = "server_error" if problem.status >= _SERVER_ERROR else "invalid_request_error"
    param = problem.errors[0].field.removeprefix("body.") if problem.errors else None
    return {
        "error": {
            "message": problem.detail,
            "type": _TYPES.get(problem.status, fallback),
            "param": param,
            "code": problem.slug.replace("-", "_"),
            "trace_id": problem.trace_id,
        }
    }
