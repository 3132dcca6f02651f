"""The chat page: questions, answers by checked sentence, and the sources behind them."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from console.conversation import Conversation
from console.frame import frame
from console.identity import Door
from service.container import Container


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the page."""

    @ui.page("/", title="Chat · Cicerone")
    async def chat(request: Request) -> Response | None:
        visitor = await door.visitor(request)
        if visitor is None:
            return RedirectResponse("sign-in")
        collections = await container().library.collections(await visitor.principal())
        with frame("Chat", visitor, container().health) as place:
            await Conversation(container, visitor, place, collections).show_past()
        return None
