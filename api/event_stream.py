"""Server-sent events whose source stops when the client goes away.

A generator that is iterated inside a response is cancelled through AnyIO's cancel scope,
which also cancels the clean-up of a LangGraph run: the run would go on to its end, and cost
money. So the source is read by a task of its own, which is cancelled and awaited here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.problems import client_gone

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
PING = format_sse_event(comment="ping")
PING_INTERVAL_S = 15.0
"""Seconds of silence before a comment keeps the connection open; proxies give up after 30–60."""
GRACE_S = 1.0
"""Seconds during which an early error still becomes a problem with its own HTTP status."""
_QUEUE_SIZE = 256


class Encoder(Protocol[T_contra]):
    """Writes the events of a stream as bytes."""

    def encode(self, event: T_contra) -> bytes:
        """Return the frames of one event; empty to leave it out."""
        ...

    def fail(self, error: Exception) -> bytes:
        """Return the frames that report an error in the middle of the stream."""
        ...

    def close(self) -> bytes:
        """Return the frames after the last event of a stream that ended well."""
        ...


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


@dataclass(frozen=True, slots=True)
class _Ended:
    pass


class Pump(Generic[T]):
    """Reads an iterator in its own task; `stop` cancels the task and closes the iterator."""

    def __init__(self, source: AsyncIterator[T]) -> None:
        self._queue: asyncio.Queue[T | _Failed | _Ended] = asyncio.Queue(_QUEUE_SIZE)
        self._peeked: list[T | _Failed | _Ended] = []
        self._task = asyncio.create_task(self._read(source))

    async def take(self) -> list[T | _Failed | _Ended]:
        """Return all events that have come, the mark of the end among them; at least one."""
        taken, self._peeked = self._peeked, []
        if not taken:
            taken.append(await self._queue.get())
        while not self._queue.empty():
            taken.append(self._queue.get_nowait())
        return taken

    async def peek(self, early: Callable[[T], bool], *, grace_s: float = GRACE_S) -> bool:
        """Look ahead until an event is not `early`, for `grace_s` at most.

        Returns whether the stream has anything to say; nothing that was seen is lost.

        Raises:
            Exception: what the source raised before it said anything but early events.
        """
        try:
            async with asyncio.timeout(grace_s):
                await self._look(early)
        except TimeoutError:
            return True
        last = self._peeked[-1]
        if isinstance(last, _Failed):
            await self.stop()
            raise last.error
        return not isinstance(self._peeked[0], _Ended)

    async def stop(self) -> None:
        """Cancel the reader and wait until the source is closed."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _look(self, early: Callable[[T], bool]) -> None:
        while True:
            item = await self._queue.get()
            self._peeked.append(item)
            if isinstance(item, _Failed | _Ended) or not early(item):
                return

    async def _read(self, source: AsyncIterator[T]) -> None:
        async with AsyncExitStack() as stack:
            close: Callable[[], Awaitable[None]] | None = getattr(source, "aclose", None)
            if close is not None:
                stack.push_async_callback(close)
            try:
                async for event in source:
                    await self._queue.put(event)
            except Exception as error:  # noqa: BLE001 - handed to the consumer, which reports it
                await self._queue.put(_Failed(error))
            else:
                await self._queue.put(_Ended())


class EventStream(Response, Generic[T]):
    """A response of server-sent events; it stops its pump when it ends, however it ends."""

    media_type = "text/event-stream"

    def __init__(self, pump: Pump[T], encoder: Encoder[T]) -> None:
        super().__init__()
        # A stream has no length, and the base class has just set that of an empty body.
        del self.headers["content-length"]
        self.headers["cache-control"] = "no-store"
        self.headers["x-accel-buffering"] = "no"
        self._pump = pump
        self._encoder = encoder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send frames until the source ends or the client goes."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await self._pump.stop()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        async for frames in self._frames():
            await send({"type": "http.response.body", "body": frames, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _frames(self) -> AsyncIterator[bytes]:
        """Yield the frames of all events that have come, in one piece: each piece costs a send."""
        while True:
            try:
                # Unlike `wait_for`, this makes no task for each event.
                async with asyncio.timeout(PING_INTERVAL_S):
                    items = await self._pump.take()
            except TimeoutError:
                yield PING
                continue
            if frames := b"".join(map(self._frame, items)):
                yield frames
            if isinstance(items[-1], _Ended | _Failed):
                return

    def _frame(self, item: T | _Failed | _Ended) -> bytes:
        if isinstance(item, _Ended):
            return self._encoder.close()
        if isinstance(item, _Failed):
            return self._encoder.fail(item.error)
        return self._encoder.encode(item)


async def while_connected(request: Request, work: Awaitable[T]) -> T:
    """Wait for `work`, and cancel it when the client goes away first.

    Raises:
        ProblemError: the client went away.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_gone(request.receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
        await asyncio.wait({working, leaving})
    if working.cancelled():
        raise client_gone()
    return working.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
