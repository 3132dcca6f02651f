"""The command over a scratch home, and a real server over another."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from cli.main import main

ROOT = Path(__file__).parents[2]
PLAIN = {
    "CICERONE_EMBEDDER__PLUGIN": "hashing",
    "CICERONE_PARSER__PLUGIN": "text",
    "CICERONE_RERANKER__ENABLED": "false",
}
"""Settings that need no model and start no process."""
MANUAL = """# Brisk 12 kettle

## Descaling

Descale the kettle every 60 days. Use 50 ml of citric acid in 1 litre of water.

## Technical data

The Brisk 12 draws 2200 W at 230 V. Its capacity is 1.2 litres.
"""
OTHER = """# Calder 60 oven

## Cleaning

Wipe the oven door with warm soapy water after each use. Never use a steel sponge.
"""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return stdout, which must be one JSON document and nothing else."""
        return json.loads(self.out)


Cli = Callable[..., Result]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of two manuals, one of them in a folder below, and a hidden file."""
    folder = tmp_path / "manuals"
    (folder / "ovens").mkdir(parents=True)
    (folder / "brisk.md").write_text(MANUAL)
    (folder / "ovens" / "calder.md").write_text(OTHER)
    (folder / ".hidden.md").write_text("# Not for anyone")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that does not exist yet; the settings name it."""
    monkeypatch.chdir(tmp_path)
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CICERONE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Run a command in this process."""
    handlers = logging.getLogger().handlers[:]

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    yield run
    # The command sends logs to this test's stderr, which is about to close.
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@contextmanager
def running_server(home: Path, *options: str, **environment: str) -> Iterator[dict[str, Any]]:
    """Run `cicerone serve` over a home; yields what it says once it is ready."""
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--json", *options]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CICERONE_")}
    kept = {"CICERONE_MODELS_DIR": os.environ.get("CICERONE_MODELS_DIR", "models")}
    with subprocess.Popen(
        command,
        cwd=home.parent,
        env={**inherited, **kept, **PLAIN, **environment, "PYTHONPATH": str(ROOT)}
        | {"CICERONE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line == b"}\n":
                    break
            else:
                pytest.fail(f"the server did not start: {process.stderr.read().decode()}")
            yield json.loads(b"".join(lines))
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
