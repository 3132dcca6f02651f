"""The console's place in the server."""

import subprocess
import sys

import httpx
from fastapi import FastAPI

import console
from service.container import Container

LAZY = "import sys, console; sys.exit('nicegui' in sys.modules)"


def _never() -> Container:
    raise AssertionError("no page was asked for")


def test_the_pages_are_not_imported_before_a_browser_comes() -> None:
    assert subprocess.run([sys.executable, "-c", LAZY], check=False).returncode == 0


async def test_a_browser_at_the_root_is_led_to_the_chat() -> None:
    app = FastAPI()
    console.mount(app, _never)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost"
    ) as client:
        found = [await client.get(path) for path in ("/", "/console")]

    assert [response.headers["location"] for response in found] == ["/console/"] * 2


async def test_a_server_that_never_showed_a_page_ends_quietly() -> None:
    app = FastAPI()
    console.mount(app, _never)

    async with app.router.lifespan_context(app):
        pass
