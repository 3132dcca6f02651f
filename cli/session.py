"""Runs a command's asynchronous part against the backend of its home."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import typer

from cli.backend import Backend, open_backend
from cli.options import Invocation
from service.logs import configure_logs
from service.settings import Settings, load_settings

T = TypeVar("T")


def read_settings(ctx: typer.Context) -> Settings:
    """Read the settings as the command line, environment and file give them.

    Raises:
        SettingsError: naming every wrong key and how to mend it.
    """
    invocation = ctx.find_object(Invocation) or Invocation()
    return load_settings(**invocation.overrides())


def run_backend(ctx: typer.Context, action: Callable[[Backend], Awaitable[T]]) -> T:
    """Open the backend, run `action` with it, and close it again."""
    settings = read_settings(ctx)
    quiet(settings)

    async def main() -> T:
        async with open_backend(settings) as backend:
            return await action(backend)

    return anyio.run(main)


def quiet(settings: Settings) -> None:
    """Log to stderr, and only what a person at a terminal must know."""
    level = "warning" if settings.log.level == "info" else settings.log.level
    configure_logs(level=level, log_format=settings.log.format)
