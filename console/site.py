"""Puts the pages together on one NiceGUI application."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from nicegui import storage, ui

from console import assets, chat, exports, library, originals, sign_in, traces
from console.gate import PREFIX
from console.identity import Door
from service.container import Container

_SECRET_BYTES: Final = 32
_built: list[FastAPI] = []


def build(container: Callable[[], Container]) -> FastAPI:
    """Build the pages as an application of their own, to be mounted below `PREFIX`.

    Raises:
        RuntimeError: this process has a console already; NiceGUI keeps one for the process.
    """
    if _built:
        raise RuntimeError("a process has one console; start another process for another one")
    home = container().settings.home / "console"
    storage.Storage.path = home
    door = Door(container)
    assets.add()
    for page in (chat, library, traces, originals, exports, sign_in):
        page.add(container, door)
    pages = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        pages,
        title="Cicerone",
        favicon=assets.FAVICON,
        language="en-US",
        tailwind=False,
        reconnect_timeout=10.0,
        show_welcome_message=False,
        storage_secret=_session_secret(home),
        session_middleware_kwargs={
            "session_cookie": "cicerone_console",
            "path": PREFIX,
            "same_site": "lax",
        },
    )
    _built.append(pages)
    return pages


def _session_secret(home: Path) -> str:
    """Read the secret that signs session cookies, or make it, readable by this user only."""
    path = home / "session.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(_SECRET_BYTES), encoding="ascii")
    return path.read_text(encoding="ascii")
