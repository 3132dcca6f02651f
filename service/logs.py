"""Structured logs: JSON in production, readable on a terminal, the trace id in each line."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

Format = Literal["auto", "json", "console"]
_NOISY = ("httpx", "httpcore", "uvicorn.access", "alembic", "aiosqlite", "apscheduler", "mcp")
"""Loggers of libraries that tell of each step they take."""


def configure_logs(
    *, level: str = "info", log_format: Format = "auto", production: bool = False
) -> None:
    """Send structlog and the standard library's records to stderr in one shape.

    `auto` writes JSON in production and where stderr is no terminal.
    """
    as_json = log_format == "json" or (
        log_format == "auto" and (production or not sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _always_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _formatter(
    shared: list[structlog.typing.Processor], *, as_json: bool
) -> structlog.stdlib.ProcessorFormatter:
    final: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if as_json:
        final += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # The default prints local variables, which may hold passages, and takes seconds.
        plain = structlog.dev.plain_traceback
        final.append(
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        )
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final)


def _always_trace(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event.setdefault("trace_id", None)
    return event
