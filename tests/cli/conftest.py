"""The command over a scratch home, and a real server over another."""

import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest
import structlog
import uvicorn

from api.app import create_app
from cli.main import main
from cli.serving import base_url, listen
from providers.vector_store.sparse_copy import copy_sparse
from service.container import open_container
from service.owner import announce, withdraw
from service.settings import load_settings

ROOT = Path(__file__).parents[2]
PLAIN = {
    "CICERONE_EMBEDDER__PLUGIN": "hashing",
    # The rules alone: how well the guards judge is tested elsewhere.
    "CICERONE_GUARDS__QUESTION": '["rules"]',
    "CICERONE_GUARDS__PASSAGE": '["rules"]',
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


def write_documents(folder: Path) -> Path:
    """Write two manuals, one of them in a folder below, and a hidden file."""
    (folder / "ovens").mkdir(parents=True)
    (folder / "brisk.md").write_text(MANUAL)
    (folder / "ovens" / "calder.md").write_text(OTHER)
    (folder / ".hidden.md").write_text("# Not for anyone")
    return folder


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of two manuals."""
    return write_documents(tmp_path / "manuals")


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two manuals in the default collection, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in PLAIN.items():
            patch.setenv(name, value)
        written = write_documents(folder / "manuals")
        assert main(["--home", str(folder / "home"), "ingest", str(written)]) == 0
    return folder / "home"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder that does not exist yet; the settings name it."""
    monkeypatch.chdir(tmp_path)
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CICERONE_HOME", str(tmp_path / "home"))
    # The command sets it for `--config`; being known here, it is taken back after the test.
    monkeypatch.setenv("CICERONE_CONFIG", "")
    monkeypatch.delenv("CICERONE_CONFIG")
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


@pytest.fixture
def loaded(cli: Cli, filled_home: Path, home: Path) -> Cli:
    """The command over a home with two manuals in the default collection."""
    shutil.copytree(filled_home, home, copy_function=copy_sparse)
    return cli


def start_process(*arguments: str, home: Path) -> "subprocess.Popen[bytes]":
    """Start the command in a process of its own, over a home."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CICERONE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        cwd=home.parent,
        env={**inherited, **PLAIN, "PYTHONPATH": str(ROOT), "CICERONE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextmanager
def serve_home(home: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run `cicerone serve` over a home; yields what it says once it is ready."""
    process = start_process("serve", "--port", "0", "--json", *options, home=home)
    assert process.stdout is not None
    try:
        lines = list(takewhile_open(process.stdout))
        if not lines:
            pytest.fail(f"the server did not start: {process.communicate()[1].decode()}")
        yield json.loads(b"".join(lines))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def takewhile_open(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines up to the one that closes a JSON document."""
    for line in stream:
        yield line
        if line == b"}\n":
            return


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[dict[str, Any]]]:
    """Run a server over a home."""
    return serve_home


class ThreadedServer:
    """A server over a home in a thread of this process, which starts four times as fast.

    For tests of what commands say to a server; how one starts and ends needs a process.
    """

    def __init__(self, home: Path) -> None:
        self._settings = load_settings(home=home)
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> None:
        self._thread.start()
        assert self._ready.wait(30), "the server did not start"
        assert self._server is not None

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "the server did not end"

    async def _serve(self) -> None:
        home = self._settings.home
        try:
            async with open_container(self._settings, resume=True) as container:
                app = create_app(self._settings, container)
                with listen("127.0.0.1", 0) as listener:
                    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)
                    self._server = uvicorn.Server(config)
                    # What connects before the server runs waits in the listener's backlog.
                    announce(home, base_url(listener), container.local_token)
                    self._ready.set()
                    await self._server.serve(sockets=[listener])
        finally:
            withdraw(home)
            self._ready.set()


@pytest.fixture(scope="session")
def serve_here() -> Callable[[Path], AbstractContextManager[None]]:
    """Run a server over a home in a thread; the settings are those of the environment."""
    return ThreadedServer


@pytest.fixture(scope="session")
def start() -> Callable[..., "subprocess.Popen[bytes]"]:
    """Start a command in a process of its own."""
    return start_process
