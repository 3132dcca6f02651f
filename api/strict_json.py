"""Reads JSON bodies strictly: no characters that a database or an encoder would choke on."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.problems import ProblemError


class StrictRequest(Request):
    """A request whose JSON body holds no NUL character and no half of a surrogate pair."""

    async def json(self) -> Any:
        """Parse the body.

        Raises:
            ProblemError: it is not UTF-8, nested too deeply, or a text in it cannot be stored.
        """
        try:
            value = json.loads((await self.body()).decode("utf-8"))
        except (UnicodeDecodeError, RecursionError) as error:
            raise _refused(400, "the body is not UTF-8 JSON of ordinary depth") from error
        if not _storable(value):
            detail = "a text holds a NUL character or half of a surrogate pair; remove it"
            raise _refused(422, detail)
        return value


class StrictRoute(APIRoute):
    """A route that reads its body through `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the request before the route sees it."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def storable_text(text: str) -> bool:
    """Tell whether `text` can be written to a database and as UTF-8."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _refused(status: int, detail: str) -> ProblemError:
    return ProblemError(status, "malformed-text", "The body holds unusable text", detail)


def _storable(value: Any) -> bool:
    """Walk the value without recursion, since its depth is the caller's choice."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            if not storable_text(found):
                return False
        elif isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list):
            waiting += found
    return True
