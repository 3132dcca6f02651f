"""`cicerone prompts`, over a copy of the service's own."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prompts.catalogue import FOLDER
from prompts.manifest import read_manifest

Run = Callable[..., Any]
AWAY = ["--base-url", "http://127.0.0.1:9", "--public-key", "a", "--secret-key", "b"]
"""A server that does not answer."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*"))
    return folder


@pytest.fixture
def run(cli: Run, folder: Path) -> Run:
    """Run a command of the group on the copy."""

    def run_command(command: str, *arguments: str) -> Any:
        return cli("prompts", command, *arguments, "--folder", folder)

    return run_command


def test_the_services_own_prompts_are_listed(cli: Run) -> None:
    shown = cli("prompts", "list")
    listed = cli("prompts", "list", "--json").json()["prompts"]

    assert shown.code == 0
    assert "v2 *" in shown.out
    names = [each["name"] for each in listed]
    assert names == list(read_manifest(FOLDER))
    assert listed[0]["active"] == "v2"
    first, second = listed[0]["versions"].values()
    assert first["state"] == "released"
    assert 100 < first["tokens"] < second["tokens"] < 1000
    assert str(second["tokens"]) in shown.out


def test_a_prompt_is_shown_with_its_gaps_and_its_history(run: Run) -> None:
    shown = run("show", "summarise")
    described = run("show", "synthesize", "v1", "--json").json()

    assert "{{ conversation }}" in shown.out
    assert "flags: with_summary" in shown.out
    assert "promote" in shown.out
    assert described["active"] is False
    assert described["state"] == "released"
    assert described["promotions"][0]["move"] == "promote"


def test_values_are_text_whatever_they_look_like(run: Run, tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_text("user: [b]1[/b]\n{{ question }}")
    arguments = ["condense", "--set", "question=a: [b]=1", "--from-file"]
    shown = run("render", *arguments, f"history={tmp_path / 'talk.txt'}")
    document = run("render", *arguments, f"history={tmp_path / 'talk.txt'}", "--json").json()

    assert "Last question: a: [b]=1\n" in shown.out
    assert "user: [b]1[/b]\n{{ question }}\n" in document["messages"][1]["content"]
    assert document["prompt"]["name"] == "condense"
    assert document["temperature"] == 0


def test_flags_are_switched_on(run: Run) -> None:
    arguments = ["sql", "--set", "dialect=SQLite", "--set", "schema=s", "--set", "question=q"]
    plain = run("render", *arguments, "--json").json()
    extended = run("render", *arguments, "--set", "examples=e", "--flag", "with_examples", "--json")

    assert "Examples:" not in plain["messages"][1]["content"]
    assert "Examples:\n\ne" in extended.json()["messages"][1]["content"]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["render", "hyde"], 2, "question is missing"),
        (["render", "hyde", "--set", "question"], 2, "is not INPUT=VALUE"),
        (["render", "hyde", "--set", "question=a", "--set", "question=b"], 2, "a value already"),
        (["render", "hyde", "--from-file", "question=/none"], 2, "cannot be read"),
        (["render", "hyde", "--set", "question=a", "--flag", "loud"], 2, "loud is not a flag"),
        (["show", "hide"], 4, "no prompt 'hide'"),
        (["show", "hyde", "v9"], 4, "no version 'v9'"),
        (["diff", "hyde", "v9"], 4, "there is no template"),
        (["compile", "hide"], 4, "there is no template"),
        (["promote", "hyde", "v1"], 1, "active version already"),
        (["rollback", "hyde"], 1, "no other active version"),
        (["push"], 2, "LANGFUSE_SECRET_KEY"),
        (["push", *AWAY], 5, "does not answer"),
    ],
)
def test_mistakes_are_explained(run: Run, arguments: list[str], code: int, reason: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (code, "")
    assert reason in result.err


def test_versions_are_compared_with_the_active_one(run: Run) -> None:
    lines = run("diff", "synthesize", "v1", "--json").json()["diff"]
    assert lines[:2] == ["--- synthesize/v1.poml", "+++ synthesize/v2.poml"]
    assert any(line.startswith("+") and "contradict each other" in line for line in lines)
    assert run("diff", "hyde", "v1").out == "no difference\n"


def test_back_and_forth(run: Run, folder: Path) -> None:
    back = run("rollback", "synthesize", "--note", "too long", "--json").json()
    assert back == {"name": "synthesize", "before": "v2", "active": "v1"}
    assert read_manifest(folder)["synthesize"].active == "v1"
    assert run("promote", "synthesize", "v2").out == "synthesize: v2 is active, was v1\n"
    assert read_manifest(folder)["synthesize"].active == "v2"


def test_a_template_that_does_not_parse_names_the_line(run: Run, folder: Path) -> None:
    (folder / "hyde" / "v2.poml").write_text("<poml>\n<human-msg>\n<p>a</human-msg></poml>")
    result = run("release", "hyde", "v2", "--json")
    assert result.code == 2
    assert result.json()["type"] == "/problems/prompt-invalid"
    assert result.json()["detail"].startswith("hyde/v2.poml, line 3: mismatched tag")


def test_a_catalogue_that_is_not_in_order_is_a_setting(run: Run, folder: Path) -> None:
    (folder / "compiled" / "hyde" / "v1.json").unlink()
    result = run("list")
    assert result.code == 3
    assert "v1.json is missing" in result.err


@pytest.mark.integration
def test_a_new_version_is_compiled_released_and_promoted(run: Run, folder: Path) -> None:
    old = (folder / "hyde" / "v1.poml").read_text()
    (folder / "hyde" / "v2.poml").write_text(old.replace("Two to four", "Three to five"))

    (drafted,) = run("compile", "hyde", "v2", "--json").json()["versions"]
    assert (drafted["state"], drafted["changed"]) == ("draft", True)
    assert run("promote", "hyde", "v2").code == 1
    assert run("release", "hyde", "v2", "--note", "longer", "--json").json()["state"] == "released"
    assert run("promote", "hyde", "v2").code == 0
    rendered = run("render", "hyde", "--set", "question=q", "--json").json()
    assert rendered["prompt"]["version"] == "v2"
    assert "Three to five" in rendered["messages"][0]["content"]
