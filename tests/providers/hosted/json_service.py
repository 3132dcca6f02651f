"""A server of JSON on this machine: it checks what it is asked, and fails when told to."""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.source.site import Handler, Served

Route = Callable[[Any], Any]


class Refused(Exception):
    """What a route answers instead of a result."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class JsonService:
    """Routes by method and path; `faults` are used up one a request, before the routes.

    A fault is a status, or a number of seconds to be silent, or bytes to send instead of JSON.
    `seen` keeps each request's route and body.
    """

    served: Served
    routes: dict[str, Route]
    api_key: str | None = None
    faults: deque[int | float | bytes] = field(default_factory=deque)
    seen: list[tuple[str, Any]] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0

    def __post_init__(self) -> None:
        self.served.otherwise = self._answer

    @property
    def url(self) -> str:
        return self.served.root

    def bodies(self, route: str) -> list[Any]:
        return [body for name, body in self.seen if name == route]

    def _answer(self, handler: Handler) -> None:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            status, body = self._result(handler)
        finally:
            self.busy -= 1
        handler.reply(status, body, {"Content-Type": "application/json"})

    def _result(self, handler: Handler) -> tuple[int, bytes]:
        raw = handler.body()
        if self.faults:
            fault = self.faults.popleft()
            if isinstance(fault, bytes):
                return 200, fault
            if isinstance(fault, float):
                time.sleep(fault)
            else:
                return fault, json.dumps({"error": f"told to fail with {fault}"}).encode()
        if self.api_key and handler.headers.get("Authorization") != f"Bearer {self.api_key}":
            return 401, b""
        name = f"{handler.command} {handler.path}"
        route = self.routes.get(name)
        if route is None:
            return 404, b""
        body = json.loads(raw) if raw else None
        self.seen.append((name, body))
        try:
            return 200, json.dumps(route(body)).encode()
        except Refused as refused:
            return refused.status, json.dumps(refused.body).encode()
