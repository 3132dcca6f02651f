"""When the server is there, and when it is loaded."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from api.app import create_app
from api.mcp.face import is_served
from service.container import Container
from service.errors import SettingsError
from service.settings import McpSettings, Settings

ROOT = Path(__file__).parents[3]
STARTED = """
import sys
from api.app import create_app
from service.settings import load_settings
app = create_app(load_settings())
assert app.state.mcp
assert not {"mcp", "mcp_types", "sse_starlette"} & set(sys.modules)
"""


def test_the_library_is_not_loaded_at_the_start(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", STARTED], cwd=tmp_path, check=True, env=_environment())


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}


def test_it_is_served_where_the_library_is_installed() -> None:
    assert is_served(McpSettings())
    assert not is_served(McpSettings(enabled=False))


def test_without_the_library_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert not is_served(McpSettings())
    with pytest.raises(SettingsError, match=r"pip install 'cicerone\[mcp\]'"):
        is_served(McpSettings(enabled=True))


async def test_it_can_be_switched_off(settings: Settings, container: Container, serve: Any) -> None:
    off = settings.model_copy(update={"mcp": McpSettings(enabled=False)})
    async with serve(create_app(off, container)) as address, httpx.AsyncClient() as http:
        assert (await http.post(f"{address}/mcp", json={})).status_code == 404


async def test_an_application_that_starts_again_serves_again(
    settings: Settings, container: Container, serve: Any
) -> None:
    app = create_app(settings, container)
    for _ in range(2):
        async with serve(app) as address:
            async with Client(streamable_http_client(f"{address}/mcp")) as client:
                assert len((await client.list_tools()).tools) == 2
