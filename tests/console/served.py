"""Serves a scratch home with the console, for a browser: `served.py <home>` prints its port."""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn

import console
from api.app import create_app
from service.logs import configure_logs
from service.settings import PluginSettings, Settings


async def serve(home: Path) -> None:
    configure_logs(level="warning")
    settings = Settings(
        home=home,
        embedder=PluginSettings(plugin="hashing"),
        reranker=PluginSettings(plugin="late_interaction", enabled=False),
    )
    app = create_app(settings, mounts=[console.mount])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads it
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
