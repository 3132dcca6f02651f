"""Turns every error into a problem response, in the shape of the face that was called."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from api.paths import shown
from api.problems import MEDIA_TYPE, Problem, describe, headers_of
from api.v1.errors import openai_error
from data.errors import DatabaseError
from graphs.errors import GraphError
from providers.errors import ProviderError
from service.errors import ServiceError

_log = structlog.get_logger(__name__)
_SERVER_ERROR = 500


def problem_response(error: BaseException, path: str) -> Response:
    """Build the response that reports `error` to a caller of `path`; server errors are logged."""
    problem = describe(error, instance=shown(path))
    log_server_error(error, problem, shown(path))
    headers = headers_of(error, problem)
    if path.startswith("/v1/"):
        return JSONResponse(openai_error(problem), problem.status, headers)
    return JSONResponse(problem.body(), problem.status, headers, media_type=MEDIA_TYPE)


def log_server_error(error: BaseException, problem: Problem, where: str) -> None:
    """Log what is the service's own fault, with the cause that callers do not see."""
    if problem.status >= _SERVER_ERROR:
        _log.error("request.failed", problem=problem.slug, where=where, exc_info=error)


def install(app: FastAPI) -> None:
    """Register one handler for everything that a route may raise on purpose."""

    async def handle(request: Request, error: Exception) -> Response:
        return problem_response(error, request.url.path)

    ours = (ServiceError, GraphError, DatabaseError, ProviderError)
    for kind in (HTTPException, RequestValidationError, *ours):
        app.add_exception_handler(kind, handle)
