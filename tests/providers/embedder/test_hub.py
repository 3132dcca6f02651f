"""The download from a model hub: when it is tried, and how it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from providers.embedder.hub import hub_allowed

DOWNLOAD = """
import sys, time
from pathlib import Path
from providers.embedder import hub
from providers.embedder.recipes import DEFAULT_MODEL, recipe
from providers.errors import ProviderError
started = time.perf_counter()
try:
    hub.download(recipe(DEFAULT_MODEL), Path(sys.argv[1]))
except ProviderError as error:
    print(f"{time.perf_counter() - started:.1f}", error)
"""


@pytest.mark.parametrize(("value", "allowed"), [("1", False), ("true", False), ("0", True)])
def test_offline_closes_the_hub(monkeypatch: pytest.MonkeyPatch, value: str, allowed: bool) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert hub_allowed() is allowed


def test_without_the_variable_the_hub_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert hub_allowed()


def test_a_hub_that_cannot_be_reached_fails_soon_and_leaves_nothing(tmp_path: Path) -> None:
    env = {"PYTHONPATH": ".", "HOME": str(tmp_path / "home"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    env |= {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    (tmp_path / "model").mkdir()
    command = [sys.executable, "-c", DOWNLOAD, str(tmp_path / "model")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    seconds, message = done.stdout.split(" ", 1)
    assert float(seconds) < 20
    assert "the model hub gave no sentence-transformers/all-MiniLM-L6-v2" in message
    assert list((tmp_path / "model").iterdir()) == []
