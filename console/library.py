"""The library page: every document with its state, adding more, and taking them out."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from console.frame import frame
from console.identity import Door
from console.shelves import Shelves
from service.container import Container


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the page."""

    @ui.page("/library", title="Library · Cicerone")
    async def library(request: Request) -> Response | None:
        visitor = await door.visitor(request)
        if visitor is None:
            return RedirectResponse("sign-in")
        principal = await visitor.principal()
        collections = await container().library.collections(principal)
        with frame("Library", visitor, container().health) as place:
            shelves = Shelves(container, visitor, principal, place, collections)
            await shelves.refresh()
        return None
