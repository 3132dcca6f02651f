"""Each line carries the trace id, as JSON where no person reads it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from service.correlation import current_trace, start_trace
from service.logs import configure_logs


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """Leave logging as it was; other libraries log when the process ends."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_carry_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format="json")
    trace = start_trace()
    structlog.get_logger("cicerone.test").info("document.indexed", pages=3)
    logging.getLogger("library").warning("plain record")
    first, second = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert first["event"] == "document.indexed"
    assert first["pages"] == 3
    assert first["trace_id"] == second["trace_id"] == trace == current_trace()
    assert second["event"] == "plain record"


def test_console_lines_are_readable(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(log_format="console")
    structlog.get_logger("cicerone.test").info("server.ready", port=8000)
    line = capsys.readouterr().err
    assert "server.ready" in line
    assert not line.startswith("{")


def test_production_writes_json_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(production=True)
    structlog.get_logger("cicerone.test").error("job.failed", exc_info=ValueError("bad"))
    found = json.loads(capsys.readouterr().err)
    assert found["level"] == "error"
    assert "ValueError: bad" in found["exception"]
