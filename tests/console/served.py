"""Serves a scratch home with the console, for a browser, and prints its port.

`served.py <home> [<script>]`: with a script (JSON options of the `scripted` chat model),
answers follow it; otherwise they are extractive.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

import uvicorn

import console
from api.app import create_app
from graphs.query.guarding.settings import GuardSettings
from service.logs import configure_logs
from service.settings import PluginSettings, Settings


async def serve(home: Path, script: str | None) -> None:
    configure_logs(level="warning")
    settings = Settings(
        home=home,
        chat_model=PluginSettings(
            plugin="scripted" if script else "extractive",
            options=json.loads(script) if script else {},
        ),
        embedder=PluginSettings(plugin="hashing"),
        guards=GuardSettings(question=("rules",), passage=("rules",)),
        reranker=PluginSettings(plugin="late_interaction", enabled=False),
    )
    app = create_app(settings, mounts=[console.mount])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads it
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), next(iter(sys.argv[2:]), None)))
