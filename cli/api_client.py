"""Sends requests to a running server; its problems arrive as `ProblemError`."""

from typing import Any, Final, TypeVar

import anyio
import httpx
from pydantic import BaseModel

from cli.problems import Problem, ProblemError

MAX_WAIT_S: Final = 60.0
"""Longest wait when the server asks to slow down; its limits count by the minute."""
ShapeT = TypeVar("ShapeT", bound=BaseModel)


class ApiClient:
    """The native API: JSON in, shapes out."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def _get(self, shape: type[ShapeT], path: str, **options: Any) -> ShapeT:
        response = await self._send("GET", path, **options)
        return shape.model_validate_json(response.content)

    async def _post(self, shape: type[ShapeT], path: str, body: Any) -> ShapeT:
        response = await self._send("POST", path, json=body)
        return shape.model_validate_json(response.content)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request, once more when the server says that it is too soon."""
        response = await self._client.request(method, path, **options)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            await anyio.sleep(min(float(response.headers.get("retry-after", 1)), MAX_WAIT_S))
            response = await self._client.request(method, path, **options)
        if response.is_error:
            raise ProblemError(problem_in(response))
        return response

    async def _list(self, shape: type[ShapeT], path: str, **options: Any) -> list[ShapeT]:
        response = await self._send("GET", path, **options)
        return [shape.model_validate(item) for item in response.json()]


def problem_in(response: httpx.Response) -> Problem:
    """Read the problem of a refused request; a proxy's page is no problem document."""
    try:
        return Problem.model_validate_json(response.content)
    except ValueError:
        return Problem(
            type="/problems/unexpected-response",
            title="The server answered in a way that is not understood",
            status=response.status_code,
            detail=f"HTTP {response.status_code} {response.reason_phrase}",
        )
