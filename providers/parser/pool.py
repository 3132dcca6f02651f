"""Keeps a few parser processes, starts them when needed and kills those that overrun."""

import os
import subprocess
import sys
from collections import deque
from typing import BinaryIO, cast

import anyio
import anyio.to_thread

from providers.errors import ProviderError, QuarantineReason, UnreadableDocumentError
from providers.parser.worker import (
    REPLY,
    REQUEST,
    ParseReply,
    ParseRequest,
    read_frame,
    write_frame,
)


class WorkerProcess:
    """One parser process; it answers one request at a time."""

    def __init__(self, memory_limit_bytes: int) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no outside input
            [sys.executable, "-m", "providers.parser.worker", str(memory_limit_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)

    def exchange(self, request: ParseRequest, data: bytes) -> ParseReply:
        """Send a file and wait for the document; blocks.

        Raises:
            EOFError, OSError: the process ended before it answered.
        """
        write_frame(self._requests, REQUEST.dump_json(request))
        write_frame(self._requests, data)
        return REPLY.validate_json(read_frame(self._replies))

    def kill(self) -> None:
        """End the process, whatever it does, and close its pipes."""
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._replies):
            try:
                stream.close()
            except OSError:  # what was still buffered has nobody to read it
                continue


class WorkerPool:
    """Parses files in at most `size` processes, each file within `timeout_s` seconds."""

    def __init__(self, *, size: int, timeout_s: float, memory_limit_bytes: int) -> None:
        self._limiter = anyio.CapacityLimiter(size)
        self._idle: deque[WorkerProcess] = deque()
        self._timeout_s = timeout_s
        self._memory_limit_bytes = memory_limit_bytes
        self._closed = False

    async def parse(
        self, request: ParseRequest, data: bytes, *, timeout_s: float | None = None
    ) -> ParseReply:
        """Parse one file; time spent waiting for a free process does not count.

        Args:
            request: What to parse and how.
            data: The file.
            timeout_s: Longest time for this file, when it is not that of the pool.

        Raises:
            UnreadableDocumentError: timeout, or corrupt when the file killed its process.
            ProviderError: the pool is closed.
        """
        async with self._limiter:
            if self._closed:
                raise ProviderError("The parser is closed.")
            worker = self._idle.popleft() if self._idle else await self._started()
            try:
                reply = await self._exchange(worker, request, data, timeout_s or self._timeout_s)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(worker.kill)
                raise
            self._idle.append(worker)
            return reply

    async def _started(self) -> WorkerProcess:
        return await anyio.to_thread.run_sync(WorkerProcess, self._memory_limit_bytes)

    async def _exchange(
        self, worker: WorkerProcess, request: ParseRequest, data: bytes, timeout_s: float
    ) -> ParseReply:
        try:
            with anyio.fail_after(timeout_s):
                return await anyio.to_thread.run_sync(
                    worker.exchange, request, data, abandon_on_cancel=True
                )
        except TimeoutError as error:
            raise UnreadableDocumentError(
                QuarantineReason.TIMEOUT,
                f"Reading the file took longer than {timeout_s:g} seconds.",
            ) from error
        except (EOFError, OSError) as error:
            raise UnreadableDocumentError(
                QuarantineReason.CORRUPT,
                "Reading the file crashed the parser or needed too much memory.",
            ) from error

    async def aclose(self) -> None:
        """End the idle processes; those at work end with their request."""
        self._closed = True
        while self._idle:
            await anyio.to_thread.run_sync(self._idle.popleft().kill)
