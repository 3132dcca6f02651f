"""Asks a running server as chat clients do, and says what arrives when."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from cli.api_client import problem_in
from cli.scratch import COLLECTION
from cli.sse import ServerEvent, read_events
from evals.bench.chatting import AnswerFailedError, Moment
from service.owner import running_server

TIMEOUT: Final = httpx.Timeout(60.0)
_WRITES: Final = '"synthesize"'
_DONE: Final = "[DONE]"


class ChatStreams:
    """Streams answers of the native API and of chat completions."""

    def __init__(self, client: httpx.AsyncClient, collection: str = COLLECTION) -> None:
        self._client = client
        self._collection = collection

    async def ask(self, question: str) -> AsyncIterator[Moment]:
        """Ask the native API.

        Raises:
            AnswerFailedError: the question was refused, or the stream broke or told of an error.
        """
        body = {"question": question, "collection": self._collection, "stream": True}
        async with aclosing(self._events("/api/ask", body)) as events:
            async for event in events:
                if (moment := native_moment(event)) is not None:
                    yield moment

    async def chat(self, question: str) -> AsyncIterator[Moment]:
        """Ask for a chat completion.

        Raises:
            AnswerFailedError: the question was refused, or the stream broke or told of an error.
        """
        body = {
            "model": f"cicerone/{self._collection}",
            "messages": [{"role": "user", "content": question}],
            "stream": True,
        }
        async with aclosing(self._events("/v1/chat/completions", body)) as events:
            async for event in events:
                if (moment := chat_moment(event)) is not None:
                    yield moment

    async def live(self) -> None:
        """Ask whether the server lives.

        Raises:
            AnswerFailedError: it does not say so.
        """
        try:
            (await self._client.get("/healthz")).raise_for_status()
        except httpx.HTTPError as error:
            raise AnswerFailedError(f"/healthz: {error!r}") from error

    async def _events(self, path: str, body: dict[str, Any]) -> AsyncGenerator[ServerEvent, None]:
        try:
            async with self._client.stream("POST", path, json=body) as response:
                if response.is_error:
                    await response.aread()
                    raise AnswerFailedError(f"{path}: {problem_in(response).detail}")
                async for event in read_events(response.aiter_bytes()):
                    yield event
        except httpx.HTTPError as error:
            raise AnswerFailedError(f"{path}: {error!r}") from error


@asynccontextmanager
async def open_streams(home: Path, *, connections: int) -> AsyncIterator[ChatStreams]:
    """Connect to the server of a home; one connection more than asked for looks at its health.

    Raises:
        RuntimeError: no server has the home.
    """
    address = running_server(home)
    if address is None:
        raise RuntimeError("the server went away")
    async with httpx.AsyncClient(
        base_url=address.base_url,
        headers={"Authorization": f"Bearer {address.token}"},
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=connections + 1),
        timeout=TIMEOUT,
        trust_env=False,  # the server is on this machine; a proxy is never meant
    ) as client:
        yield ChatStreams(client)


def native_moment(event: ServerEvent) -> Moment | None:
    """Return what an event of the native API tells a client that waits for text.

    Raises:
        AnswerFailedError: it tells of an error.
    """
    match event.name:
        case "node.started":
            # Events are many and the clock runs: the one wanted is known without parsing it.
            return Moment.ASKED if _WRITES in event.data else None
        case "token":
            return Moment.SENTENCE
        case "run.finished":
            return Moment.END
        case "error":
            raise AnswerFailedError(event.data)
    return None


def chat_moment(event: ServerEvent) -> Moment | None:
    """Return what a chunk of a chat completion tells a client that waits for text.

    Raises:
        AnswerFailedError: it tells of an error.
    """
    if event.data == _DONE:
        return Moment.END
    chunk = json.loads(event.data)
    if "error" in chunk:
        raise AnswerFailedError(event.data)
    texts = [choice["delta"].get("content") for choice in chunk["choices"]]
    return Moment.SENTENCE if any(texts) else None
