"""What the commands need of questions to databases, in this process or in a running server."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import httpx

from cli.sse import ServerEvent
from providers.principal import Principal
from service.schemas import RunEvent
from service.sql_answering import SqlAnswering
from service.sql_examples import SqlExamples
from service.sql_schemas import ExampleList, ExampleRead, NewExample, SqlRequest

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""
Stream = Callable[..., AsyncIterator[ServerEvent]]
_PATH = "/api/sql"


class SqlCalls(Protocol):
    """Questions, and the queries that people have approved."""

    def ask(self, request: SqlRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        ...

    async def approve(self, new: NewExample) -> ExampleRead:
        """Keep a question with its query."""
        ...

    async def approve_all(self, wanted: list[NewExample]) -> int:
        """Keep many questions of one datasource; returns how many."""
        ...

    async def examples(self, datasource: str) -> ExampleList:
        """List verified questions."""
        ...

    async def withdraw(self, example_id: str) -> None:
        """Take a verified question back."""
        ...


class LocalSql:
    """Calls the service in this process."""

    def __init__(self, sql: SqlAnswering, examples: SqlExamples, principal: Principal) -> None:
        self._sql = sql
        self._examples = examples
        self._principal = principal

    def ask(self, request: SqlRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        return self._sql.ask(self._principal, request)

    async def approve(self, new: NewExample) -> ExampleRead:
        """Keep a question with its query."""
        return await self._examples.approve(self._principal, new)

    async def approve_all(self, wanted: list[NewExample]) -> int:
        """Keep many questions of one datasource; returns how many."""
        return len(await self._examples.approve_all(self._principal, wanted))

    async def examples(self, datasource: str) -> ExampleList:
        """List verified questions."""
        return await self._examples.list(self._principal, datasource)

    async def withdraw(self, example_id: str) -> None:
        """Take a verified question back."""
        await self._examples.withdraw(self._principal, example_id)


class RemoteSql:
    """Speaks the native API."""

    def __init__(self, send: Send, stream: Stream) -> None:
        self._send = send
        self._stream = stream

    async def ask(self, request: SqlRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        body: dict[str, Any] = {**request.model_dump(mode="json"), "stream": True}
        async for event in self._stream("POST", _PATH, json=body):
            yield RunEvent(type=event.name, data=json.loads(event.data))

    async def approve(self, new: NewExample) -> ExampleRead:
        """Keep a question with its query."""
        response = await self._send("POST", f"{_PATH}/examples", json=new.model_dump(mode="json"))
        return ExampleRead.model_validate_json(response.content)

    async def approve_all(self, wanted: list[NewExample]) -> int:
        """Keep many questions of one datasource; returns how many."""
        for new in wanted:
            await self.approve(new)
        return len(wanted)

    async def examples(self, datasource: str) -> ExampleList:
        """List verified questions."""
        response = await self._send("GET", f"{_PATH}/examples", params={"datasource": datasource})
        return ExampleList.model_validate_json(response.content)

    async def withdraw(self, example_id: str) -> None:
        """Take a verified question back."""
        await self._send("DELETE", f"{_PATH}/examples/{example_id}")
