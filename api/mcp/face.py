"""Serves the Model Context Protocol, once somebody asks for it."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from importlib.util import find_spec
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.types import ASGIApp

from service.container import Container
from service.errors import SettingsError
from service.settings import McpSettings

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


def is_served(settings: McpSettings) -> bool:
    """Tell whether the tools are served over MCP.

    Raises:
        SettingsError: they should be, and the package is not installed.
    """
    installed = find_spec("mcp") is not None
    if settings.enabled and not installed:
        raise SettingsError("mcp.enabled: it needs more packages: pip install 'cicerone[mcp]'")
    return installed and settings.enabled is not False


class McpFace:
    """The server, made at the first request: its library takes half a second to import."""

    def __init__(self, container: Callable[[], Container]) -> None:
        self._container = container
        self._opening = asyncio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def app(self) -> ASGIApp:
        """Return what answers requests; it runs until `aclose`."""
        async with self._opening:
            if self._manager is None:
                manager = await to_thread.run_sync(self._build)
                await self._start(manager)
                self._manager = manager
        return self._manager.handle_request

    async def aclose(self) -> None:
        """Stop what still runs; a later request makes a new server."""
        self._closing.set()
        if self._task is not None:
            await self._task
        self._manager, self._task, self._closing = None, None, asyncio.Event()

    def _build(self) -> "StreamableHTTPSessionManager":
        from api.mcp.server import build  # noqa: PLC0415 - imports the library

        return build(self._container().tools)

    async def _start(self, manager: "StreamableHTTPSessionManager") -> None:
        running = asyncio.Event()

        async def run() -> None:
            async with manager.run():
                running.set()
                await self._closing.wait()

        # A cancel scope ends in the task that began it, which no request can do. The task has a
        # context of its own, because the first request's trace does not go on in it.
        self._task = asyncio.create_task(run(), name="mcp", context=Context())
        await running.wait()
