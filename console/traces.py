"""The traces page: what ran, and each run step by step."""

import html
from collections.abc import Callable

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from console.dom import icon, tag
from console.frame import frame
from console.identity import Door
from console.traces_view import list_html, tree_html
from providers.principal import Principal, Role
from service.container import Container
from service.errors import ServiceError
from service.tracing.schemas import TraceFilter

SHOWN = 100
"""Traces on the page; the command line shows older ones."""


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the page."""

    @ui.page("/traces", title="Traces · Cicerone")
    async def traces(request: Request, id: str = "", text: str = "") -> Response | None:
        visitor = await door.visitor(request)
        if visitor is None:
            return RedirectResponse("sign-in")
        principal = await visitor.principal()
        drawn = await _draw(container(), principal, id, text)
        with frame("Traces", visitor, container().health) as place:
            place.main.classes("library")
            with tag("div", classes="page-head"):
                tag("h1", "Traces")
                if id:
                    tag("a", "All traces", href="traces")
            if not id:
                _search(text)
            ui.html(drawn, sanitize=False).classes("table")
        return None


async def _draw(container: Container, principal: Principal, trace_id: str, text: str) -> str:
    if not principal.may(Role.EDITOR):
        return '<p class="aside">Traces are for editors: ask an administrator for such a key.</p>'
    try:
        if trace_id:
            return tree_html(await container.traces.tree(principal, trace_id))
        wanted = TraceFilter(text=text[:200] or None)
        page = await container.traces.page(principal, wanted, limit=SHOWN)
    except ServiceError as error:
        return _sorry(str(error))
    return list_html(page) if page.traces else '<p class="aside">Nothing ran yet.</p>'


def _sorry(why: str) -> str:
    return f'<p class="aside">{html.escape(why)}</p>'


def _search(text: str) -> None:
    with (
        tag("div", classes="trace-search"),
        tag("form", classes="search", action="traces", method="get", role="search"),
    ):
        icon("search")
        tag(
            "input",
            type="search",
            name="text",
            value=text,
            placeholder="Part of what was asked",
            aria_label="Part of what was asked",
        )
