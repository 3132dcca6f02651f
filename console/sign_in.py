"""The sign-in page of a service that has API keys."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui
from nicegui.events import GenericEventArguments

from api.problems import ProblemError
from console.dom import button, tag
from console.frame import brand
from console.identity import Door
from service.container import Container

_SEND = """(event) => {
    event.preventDefault();
    emit(new FormData(event.target).get("key") || "");
}"""


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the page."""

    @ui.page("/sign-in", title="Sign in · Cicerone")
    async def sign_in(request: Request) -> Response | None:
        if await door.visitor(request) is not None:
            return RedirectResponse("./")
        _build(door, request)
        return None


def _build(door: Door, request: Request) -> None:
    session, client = door.caller(request)
    with tag("div", classes="gateway"), tag("form", classes="card") as form:
        brand()
        tag("h1", "Sign in")
        tag("p", "This service has API keys. Paste yours to see what it may see.", classes="aside")
        tag("label", "API key", for_="key")
        tag(
            "input",
            type="password",
            id="key",
            name="key",
            autocomplete="current-password",
            required=True,
            autofocus=True,
            placeholder="ck_…",
        )
        refused = tag("p", classes="refusal", role="alert")
        enter = button("Sign in", classes="primary wide")
        enter.props["type"] = "submit"
        tag(
            "p",
            "Whoever runs the service makes keys with “cicerone keys create”.",
            classes="aside small",
        )

    async def submit(event: GenericEventArguments) -> None:
        key: Any = event.args
        try:
            await door.sign_in(session, client, str(key).strip())
        except ProblemError:
            refused.text = "This key is unknown or was revoked. Check that it was copied whole."
            return
        ui.navigate.to("/")

    form.on("submit", submit, js_handler=_SEND)
