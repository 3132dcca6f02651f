"""The commands over a home that a real server owns: the same words, the same results."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from providers.vector_store.sparse_copy import copy_sparse
from service.owner import running_server as find_server

Cli = Callable[..., Any]
Serve = Callable[..., AbstractContextManager[dict[str, Any]]]

SAME = [
    ["search", "descale the kettle"],
    ["search", "oven door", "-k", "1", "--mode", "sparse"],
    ["search", "x", "-c", "nowhere"],
    ["search", ""],
    ["search", "y" * 100_001],
    ["ask", "How often should I descale the kettle?"],
    ["ask", "How often should I descale the kettle?", "-c", "nowhere"],
    ["ask", " "],
    ["ask", "why " * 5_000],
    ["documents", "list"],
    ["documents", "list", "-c", "nowhere"],
    ["documents", "list", "--status", "quarantined"],
    ["documents", "show", "8c5e0000-0000-0000-0000-000000000000"],
    ["documents", "show", "../../etc/passwd"],
    ["jobs", "list"],
    ["jobs", "show", "8c5e"],
    ["jobs", "watch", "8c5e"],
    ["jobs", "dead"],
    ["jobs", "list", "--status", "succeeded"],
    ["jobs", "retry", "8c5e"],
    ["keys", "list"],
    ["keys", "revoke", "8c5e"],
    ["keys", "create", "\x01"],
]


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, filled_home: Path, serve: Serve
) -> Iterator[Path]:
    """A filled home that a server owns."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(filled_home, home, copy_function=copy_sparse)
    with serve(home):
        yield home


@pytest.mark.xdist_group("served")  # by a process that takes seconds to start
@pytest.mark.parametrize("arguments", SAME, ids=lambda words: " ".join(words)[:40])
def test_the_output_is_the_same_with_and_without_a_server(
    loaded: Cli, served: Path, arguments: list[str]
) -> None:
    locally = loaded(*arguments, "--json")
    remotely = loaded("--home", served, *arguments, "--json")
    assert find_server(served) is not None
    assert remotely.code == locally.code
    assert _lasting(remotely.json()) == _lasting(locally.json())


def test_ingestion_keeps_the_folders_of_sources(loaded: Cli, serve: Serve, home: Path) -> None:
    folder = home.parent / "new"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "wärme & kälte.md").write_text("# Wärme\n\nHeat the pan slowly.")
    (folder / "empty.md").write_text("")
    with serve(home):
        result = loaded("ingest", folder, "-c", "pans", "--json")
        found = loaded("search", "heat the pan", "-c", "pans", "--json").json()
        jobs = loaded("jobs", "list", "--json").json()["jobs"]
        watched = loaded("jobs", "watch", jobs[0]["job_id"], "--json")
        listed = loaded("documents", "list", "-c", "pans", "--json").json()
        pan = next(d for d in listed["documents"] if d["status"] == "indexed")
        assert loaded("documents", "delete", pan["document_id"], "--yes").code == 0
        assert loaded("search", "heat the pan", "-c", "pans", "--json").json()["hits"] == []
    assert result.code == 1
    status = {d["source"]: d["status"] for d in result.json()["documents"]}
    assert status == {"a/b/wärme & kälte.md": "indexed", "empty.md": "quarantined"}
    assert found["hits"][0]["source"] == "a/b/wärme & kälte.md"
    assert watched.json()["status"] == "succeeded"
    assert "document.finished" in watched.err


def test_a_key_made_through_the_server_opens_it_and_locks_strangers_out(
    cli: Cli, serve: Serve, home: Path
) -> None:
    with serve(home) as ready:
        url = f"{ready['base_url']}/api/documents"
        assert httpx.get(url).status_code == 200, "a loopback server without keys is open"
        made = cli("keys", "create", "laptop", "--json").json()
        assert httpx.get(url).status_code == 401
        allowed = httpx.get(url, headers={"Authorization": f"Bearer {made['secret']}"})
        assert allowed.status_code == 200
        assert cli("documents", "list", "--json").code == 0, "this user's commands stay allowed"
        assert cli("keys", "revoke", made["key_id"], "--json").code == 0


def test_the_server_says_where_it_is_and_leaves_nothing_behind(
    cli: Cli, serve: Serve, home: Path
) -> None:
    with serve(home) as ready:
        address = find_server(home)
        assert address is not None
        assert ready["base_url"] == address.base_url
        assert ready["pid"] == address.pid
        assert (home / "server.json").stat().st_mode & 0o077 == 0
        assert httpx.get(f"{ready['base_url']}/readyz").status_code == 200
        process = psutil.Process(ready["pid"])
        second = cli("serve", "--port", "0", "--json")
        assert second.code == 5
        assert second.json()["type"] == "/problems/home-in-use"
        assert ready["base_url"] in second.json()["detail"]
        assert cli("db", "upgrade").code == 5
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, None)
    assert not (home / "server.json").exists()
    assert find_server(home) is None
    assert cli("documents", "list", "--json").code == 0, "the home is free again"


def test_a_server_that_was_killed_does_not_count(loaded: Cli, serve: Serve, home: Path) -> None:
    with serve(home) as ready:
        psutil.Process(ready["pid"]).kill()
        psutil.wait_procs([psutil.Process(ready["pid"])], timeout=10)
        assert (home / "server.json").exists()
        assert loaded("search", "descale the kettle", "--json").code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - must be refused
def test_an_open_door_is_refused_with_the_way_out(cli: Cli, host: str) -> None:
    result = cli("serve", "--host", host, "--port", "0", "--json")
    assert result.code == 3
    assert "cicerone keys create" in result.json()["detail"]
    assert "auth.jwt" in result.err


def test_with_a_key_the_door_may_be_open(cli: Cli, serve: Serve, home: Path) -> None:
    made = cli("keys", "create", "laptop", "--json").json()
    with serve(home, "--host", "0.0.0.0") as ready:  # noqa: S104 - on purpose
        assert ready["base_url"].startswith("http://127.0.0.1:")
        url = f"{ready['base_url']}/api/documents"
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"X-API-Key": made["secret"]}).status_code == 200


def test_a_taken_port_says_so(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = cli("serve", "--port", str(port), "--json")
    assert result.code == 5
    assert "--port" in result.json()["detail"]


def test_the_console_can_be_left_out(serve: Serve, home: Path) -> None:
    with serve(home, "--no-console") as ready:
        assert ready["console"] is None
        assert httpx.get(f"{ready['base_url']}/console").status_code == 404


@pytest.mark.timeout(180)
def test_an_interrupted_ingestion_cancels_its_job(
    cli: Cli, serve: Serve, start: Callable[..., "subprocess.Popen[bytes]"], home: Path
) -> None:
    folder = home.parent / "many"
    folder.mkdir()
    for number in range(40):
        text = "\n\n".join(f"## Part {n}\n\nWord {number} {n}." for n in range(200))
        (folder / f"{number}.md").write_text(text)
    with serve(home) as ready:
        process = start("ingest", str(folder), home=home)
        jobs = f"{ready['base_url']}/api/jobs"
        while not (running := httpx.get(jobs).json()):  # a command would be too slow to look
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 130
        assert b"Traceback" not in err
        ended = cli("jobs", "watch", running[0]["job_id"], "--json")
        assert ended.code == 1
        assert ended.json()["status"] == "cancelled"


def _lasting(value: Any) -> Any:
    """Leave out what differs from run to run."""
    if isinstance(value, dict):
        passing = {"timings_ms", "trace_id", "seconds", "instance", "errors"}
        return {key: _lasting(item) for key, item in value.items() if key not in passing}
    return [_lasting(item) for item in value] if isinstance(value, list) else value
