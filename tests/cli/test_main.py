"""The command as a whole: help, errors, exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app

ROOT = Path(__file__).parents[2]


def all_commands() -> list[list[str]]:
    """List every command by the words that call it."""
    found: list[list[str]] = []

    def walk(command: Any, words: list[str]) -> None:
        children = getattr(command, "commands", None)
        if children is None:
            found.append(words)
            return
        for name, child in children.items():
            walk(child, [*words, name])

    walk(typer.main.get_command(app), [])
    return found


def run_process(*arguments: bytes | str, cwd: Path) -> "subprocess.CompletedProcess[bytes]":
    """Run the command as people do, in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CICERONE_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT), "CICERONE_EMBEDDER__PLUGIN": "hashing"},
        capture_output=True,
        check=False,
        timeout=50,
    )


def test_every_command_is_there() -> None:
    assert {" ".join(words) for words in all_commands()} == {
        "serve",
        "worker",
        "eval workers",
        "eval routing",
        "ingest",
        "search",
        "ask",
        "agent",
        "documents list",
        "documents show",
        "documents set",
        "documents related",
        "documents delete",
        "documents deleted",
        "documents restore",
        "documents purge",
        "collections list",
        "collections set-policy",
        "collections guards",
        "guards verdicts",
        "quarantine list",
        "quarantine show",
        "quarantine release",
        "quarantine replace",
        "quarantine drop",
        "licences add",
        "licences list",
        "licences set",
        "licences show",
        "licences report",
        "licences exclude",
        "licences exclusions",
        "licences include",
        "reindex",
        "indexes list",
        "reconcile",
        "lifecycle",
        "audit",
        "caches",
        "conversations delete",
        "conversations export",
        "conversations list",
        "conversations rename",
        "conversations restore",
        "conversations show",
        "sources add",
        "sources apply",
        "sources crawl",
        "sources history",
        "sources items",
        "sources list",
        "sources remove",
        "sources show",
        "sources update",
        "sources upload-url",
        "sources watch",
        "vendors add",
        "vendors list",
        "products add",
        "products list",
        "jobs list",
        "jobs show",
        "jobs watch",
        "jobs pause",
        "jobs resume",
        "jobs cancel",
        "jobs retry",
        "jobs dead",
        "models prepare",
        "models list",
        "prompts list",
        "prompts show",
        "prompts render",
        "prompts diff",
        "prompts compile",
        "prompts release",
        "prompts promote",
        "prompts rollback",
        "prompts push",
        "models simulate",
        "budgets list",
        "budgets set",
        "budgets remove",
        "db upgrade",
        "db current",
        "db check",
        "db schema",
        "keys create",
        "keys list",
        "keys revoke",
        "doctor",
        "eval retrieval",
        "eval citations",
        "eval answers",
        "eval qa",
        "eval strategies",
        "eval guards",
        "eval support",
        "eval durability",
        "eval deletes",
        "eval likeness",
        "bench",
        "sample load",
        "version",
        "analytics",
        "report",
        "slo",
        "feedback list",
        "feedback votes",
        "feedback give",
        "feedback collect",
        "feedback accept",
        "feedback reject",
        "datasources add",
        "datasources list",
        "datasources check",
        "datasources remove",
        "sql ask",
        "sql approve",
        "sql withdraw",
        "sql examples",
        "sql guard",
        "traces list",
        "traces show",
        "traces replay",
        "eval run",
        "eval accept",
        "eval compare",
        "eval judge",
        "eval embeddings",
        "eval weights",
        "eval tune",
        "eval sql-tenants",
        "eval sql",
    }


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_every_command_explains_itself(cli: Callable[..., Any], words: list[str]) -> None:
    result = cli(*words, "--help")
    assert result.code == 0
    assert "Usage: cicerone " + " ".join(words) in result.out
    assert "--json" in result.out
    if len(words) == 1 and words != ["version"]:
        assert "Examples" in result.out


def test_help_loads_little(tmp_path: Path) -> None:
    script = (
        "import sys; import cli.main; "
        "heavy = {'pydantic', 'numpy', 'fastapi', 'langgraph', 'sqlalchemy', 'httpx'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert loaded.stdout.strip() == b"[]", "the help must not load what it does not need"


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    result = run_process(cwd=tmp_path)
    assert result.returncode == 2
    assert b"Commands" in result.stdout + result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["search"],
        ["search", "x", "--mode", "magic"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "many"],
        ["ask", "x", "--unknown"],
        ["keys", "create", "laptop", "--role", "king"],
        ["documents", "list", "--limit", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_one_clear_line(cli: Callable[..., Any], arguments: list[str]) -> None:
    plain = cli(*arguments)
    assert plain.code == 2
    assert plain.out == ""
    assert plain.err.startswith("error: ")
    as_json = cli(*arguments, "--json")
    assert as_json.code == 2
    assert as_json.json()["type"] == "/problems/usage"
    assert as_json.json()["detail"] in as_json.err


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    result = run_process("ask", b"caf\xe9", "--json", cwd=tmp_path)
    assert result.returncode == 2
    assert json.loads(result.stdout)["detail"] == "argument 2 is not valid UTF-8"
    assert b"Traceback" not in result.stderr


def test_wrong_settings_are_3_and_name_the_key(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICERONE_SERVER__PROT", "1")
    result = cli("search", "x", "--json")
    assert result.code == 3
    assert result.json()["type"] == "/problems/settings-invalid"
    assert "server.prot" in result.json()["detail"]
    assert "port" in result.err


def test_a_settings_file_can_be_named(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("query:\n  languges: [en]\n")
    result = cli("--config", tmp_path / "other.yaml", "db", "current")
    assert result.code == 3
    assert "query.languges" in result.err
    assert cli("--config", tmp_path / "none.yaml", "db", "current").code == 3


def test_a_home_can_be_named(cli: Callable[..., Any], tmp_path: Path, home: Path) -> None:
    assert cli("--home", tmp_path / "elsewhere", "db", "upgrade").code == 0
    assert (tmp_path / "elsewhere" / "cicerone.db").is_file()
    assert not home.exists()


def test_debug_works_anywhere_and_shows_where(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICERONE_SERVER__PROT", "1")
    assert "Traceback" not in cli("doctor").err
    assert "Traceback" in cli("doctor", "--debug").err
    assert "Traceback" in cli("--debug", "doctor").err


def test_after_two_dashes_nothing_is_an_option(cli: Callable[..., Any]) -> None:
    result = cli("search", "--json", "--", "--debug")
    assert "Traceback" not in result.err
    assert result.json() is not None


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shell = f"{sys.executable} -m cli --help | true"
    result = subprocess.run(
        ["bash", "-c", shell], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert b"Traceback" not in result.stderr


def test_version(cli: Callable[..., Any]) -> None:
    assert cli("version", "--json").json() == {"version": "0.1.0"}
    assert cli("version").out == "0.1.0\n"
