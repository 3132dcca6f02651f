"""Serves the scripted model over HTTP as an OpenAI-compatible server, on loopback only.

The faults of hosted models without a hosted model: a model's NAME says how it answers (see
`scripted_names`). It speaks plain sockets, because a framework would not let a connection
break in the middle of a reply.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import cycle
from typing import Any, Self

from providers.chat_model.scripted_names import STATUSES, ServedFault, behaviour_of
from providers.chat_model.scripted_wire import (
    Asked,
    chat_events,
    error_body,
    listing,
    responses_events,
    whole,
)

MAX_BODY = 16 << 20
"""Largest request in bytes."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_RESET_AFTER = 6
"""Pieces that leave before a connection breaks."""
_MESSAGES = {
    ServedFault.UNAUTHORISED: "Incorrect API key provided (scripted).",
    ServedFault.NO_MODEL: "The model does not exist (scripted).",
    ServedFault.RATE_LIMIT: "Rate limit reached (scripted).",
    ServedFault.BROKEN: "The server had an error (scripted).",
    ServedFault.BUSY: "The server is overloaded (scripted).",
}


class ScriptedServer:
    """The server; `calls` counts the requests a model got, `bodies` keeps the newest."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if host not in _LOOPBACK:
            raise ValueError(f"{host!r} is not this machine; the scripted server is for loopback")
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}
        self._closing = asyncio.Event()
        self.calls: Counter[str] = Counter()
        self.bodies: dict[str, Mapping[str, Any]] = {}

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"http://{self._host}:{self._port}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections are being served."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and break what is still open: a client that waits for nothing must not stay."""
        if self._server is not None:
            self._server.close()
        self._closing.set()
        tasks = [task for task in self._open.values() if task is not None]
        for writer in list(self._open):
            writer.transport.abort()
        for task in tasks:  # one may sleep over a slow reply
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        try:
            asked = await _read(reader)
            if asked is not None:
                await self._answer(asked, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, which is its right
        finally:
            self._open.pop(writer)
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.path.endswith("/models"):
            await _send_json(writer, 200, listing(sorted({"scripted", *self.calls})))
            return
        if not asked.path.endswith(("/chat/completions", "/responses")):
            await _send_json(writer, 404, error_body("nothing here; ask /v1/chat/completions"))
            return
        behaviour = behaviour_of(asked.model)
        if behaviour is None:
            await _send_json(writer, 404, error_body(f"no model {asked.model!r}"))
            return
        self.calls[asked.model] += 1
        self.bodies[asked.model] = asked.body
        asked.behaviour = behaviour
        asked.fault = behaviour.fault_of_call(self.calls[asked.model])
        if asked.fault is ServedFault.TIMEOUT:
            await self._closing.wait()
            return
        await asyncio.sleep(behaviour.first_ms / 1000)
        await _reply(asked, writer)


async def _reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
    if asked.fault in STATUSES:
        after = asked.behaviour.retry_after_s
        headers = {} if after is None else {"Retry-After": str(after)}
        message = _MESSAGES[asked.fault]
        await _send_json(writer, int(asked.fault.value), error_body(message), headers)
    elif asked.path.endswith("/responses"):
        await _stream(writer, asked, responses_events(asked))
    elif asked.body.get("stream"):
        await _stream(writer, asked, chat_events(asked))
    elif asked.fault is ServedFault.MALFORMED:
        await _send(writer, 200, b'{"choices": [', "application/json")
    else:
        await _send_json(writer, 200, whole(asked))


async def _stream(
    writer: asyncio.StreamWriter, asked: Asked, events: tuple[Sequence[str], Sequence[str]]
) -> None:
    """Send the pieces at their pace, then the end; or fail on the way."""
    pieces, ending = events
    # In chunks: only then can a client tell a broken connection from the end.
    stream = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}
    await _head(writer, 200, stream)
    if asked.fault is ServedFault.MALFORMED:
        pieces, ending = ["data: {not json\n\n"], []
    if asked.fault is ServedFault.CUT:
        pieces, ending = pieces[:_RESET_AFTER], []
    endless = asked.fault is ServedFault.ENDLESS
    for number, piece in enumerate(cycle(pieces) if endless else pieces):
        if asked.fault is ServedFault.RESET and number == min(_RESET_AFTER, len(pieces) - 1):
            writer.transport.abort()
            return
        if number:
            await asyncio.sleep(asked.behaviour.piece_ms / 1000)
        await _write_chunk(writer, piece)
    for event in ending:
        await _write_chunk(writer, event)
    await _write(writer, "0\r\n\r\n")


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    path = head[0].split(" ")[1].split("?")[0]
    headers = {k.strip().lower(): v.strip() for k, _, v in (h.partition(":") for h in head[1:])}
    size = int(headers.get("content-length") or 0)
    if size > MAX_BODY:
        return None
    raw = await reader.readexactly(size)
    body = json.loads(raw) if raw else {}
    return Asked(path=path, body=body if isinstance(body, dict) else {})


async def _head(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]) -> None:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    await _write(writer, "\r\n".join(lines) + "\r\n\r\n")


async def _write(writer: asyncio.StreamWriter, text: str) -> None:
    writer.write(text.encode())
    await writer.drain()


async def _write_chunk(writer: asyncio.StreamWriter, text: str) -> None:
    await _write(writer, f"{len(text.encode()):x}\r\n{text}\r\n")


async def _send_json(
    writer: asyncio.StreamWriter,
    status: int,
    data: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> None:
    await _send(writer, status, json.dumps(data).encode(), "application/json", headers)


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: bytes,
    media_type: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    length = {"Content-Type": media_type, "Content-Length": str(len(body))}
    await _head(writer, status, {**length, **(headers or {})})
    await _write(writer, body.decode())
