"""A home folder has one owner, and its server can be found."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import HomeInUseError
from service.owner import HomeLock, announce, running_server, withdraw

HOLD = """
import sys, pathlib
from service.owner import HomeLock, announce
home = pathlib.Path(sys.argv[1])
lock = HomeLock(home)
lock.acquire()
announce(home, "http://127.0.0.1:1", "t")
print("held", flush=True)
sys.stdin.read()
"""


def _holder(home: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _stop(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=20)


def test_second_process_is_refused_and_told_where_the_server_is(tmp_path: Path) -> None:
    process = _holder(tmp_path)
    try:
        with pytest.raises(HomeInUseError, match=r"http://127\.0\.0\.1:1"), HomeLock(tmp_path):
            pass
        address = running_server(tmp_path)
        assert address is not None
        assert (address.base_url, address.pid) == ("http://127.0.0.1:1", process.pid)
    finally:
        _stop(process)


def test_a_dead_server_is_not_found(tmp_path: Path) -> None:
    _stop(_holder(tmp_path))
    assert running_server(tmp_path) is None
    with HomeLock(tmp_path):
        assert (tmp_path / "server.json").exists()


def test_discovery_file_is_private_and_withdrawn(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        announce(tmp_path, "http://127.0.0.1:2", "secret")
        assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0
        withdraw(tmp_path)
        assert not (tmp_path / "server.json").exists()
