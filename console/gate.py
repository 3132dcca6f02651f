"""The console's place in the server: an ASGI application that is built when first asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:  # the whole service stands behind it
    from service.container import Container

PREFIX: Final = "/console"


class Gate:
    """Imports and starts the pages at the first request, closes them with the server."""

    def __init__(self, container: "Callable[[], Container]") -> None:
        self._container = container
        self._opening = asyncio.Lock()
        self._open = AsyncExitStack()
        self._pages: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the pages."""
        pages = self._pages or await self._built()
        await pages(scope, receive, send)

    async def aclose(self) -> None:
        """Stop the pages if they were ever opened; safe to call twice."""
        await self._open.aclose()

    async def _built(self) -> ASGIApp:
        async with self._opening:
            if self._pages is None:
                site: Any = await anyio.to_thread.run_sync(import_module, "console.site")
                pages: FastAPI = site.build(self._container)
                await self._open.enter_async_context(pages.router.lifespan_context(pages))
                self._pages = pages
        return self._pages


def mount(app: FastAPI, container: "Callable[[], Container]") -> None:
    """Serve the console of `container` below `PREFIX` on `app`, and lead "/" to it."""
    gate = Gate(container)
    app.add_api_route("/", _lead_in, include_in_schema=False)
    app.add_api_route(PREFIX, _lead_in, include_in_schema=False)
    app.mount(PREFIX, gate, name="console")
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def with_console(started: FastAPI) -> AsyncIterator[Any]:
        async with lifespan(started) as state:
            try:
                yield state
            finally:
                await gate.aclose()

    app.router.lifespan_context = with_console


async def _lead_in() -> RedirectResponse:
    """Send a browser to the chat."""
    return RedirectResponse(f"{PREFIX}/")
