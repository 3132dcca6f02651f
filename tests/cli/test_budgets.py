import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

Cli = Callable[..., Any]


def go_through(cli: Cli) -> None:
    assert "no budget" in cli("budgets", "list").out
    made = cli("budgets", "set", "judge", "0.5", "--action", "downgrade", "--json").json()
    assert (made["role"], made["usd_per_day"], made["action"]) == ("judge", 0.5, "downgrade")
    cli("budgets", "set", "*", "5")
    listed = cli("budgets", "list", "--json").json()["budgets"]
    assert [one["role"] for one in listed] == ["*", "judge"]
    assert "downgrade" in cli("budgets", "list").out
    assert cli("budgets", "remove", "*").code == 0
    gone = cli("budgets", "remove", "*")
    assert gone.code == 4
    assert "budgets list" in gone.err


def test_budgets_of_a_home(cli: Cli) -> None:
    go_through(cli)


@pytest.mark.parametrize(
    "words", [("set", "poet", "1"), ("set", "judge", "0"), ("set", "judge", "much")]
)
def test_a_wrong_budget_is_refused(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli("budgets", *words).code == 2


@pytest.mark.integration
def test_budgets_of_a_running_server(cli: Cli, serve_here: Any, home: Path) -> None:
    with serve_here(home):
        go_through(cli)


def test_models_and_roles_are_listed(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "models:\n"
        "  small:\n"
        "    options: {model: openai/gpt-4o-mini, api_key: sk-very-secret}\n"
        "    prices: {input: 0.15, output: 0.6}\n"
        "roles:\n"
        "  judge: {models: [small], timeout_s: 20}\n"
    )
    shown = cli("models", "list", "--json")
    assert "very-secret" not in shown.out
    listed = shown.json()
    assert listed["deployments"][0]["model"] == "openai/gpt-4o-mini"
    assert listed["roles"]["judge"]["models"] == ["small"]
    table = cli("models", "list").out
    assert "0.15 / 0.6" in table
    assert "extractive (chat_model)" in table
    assert "very-secret" not in table


@pytest.mark.integration
def test_models_are_simulated(start: Any, home: Path) -> None:
    process = start("models", "simulate", "--port", "0", "--json", home=home)
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        url = httpx.URL(json.loads(b"".join(lines))["base_url"])
        body = {"model": "scripted", "messages": [{"role": "user", "content": "hello"}]}
        with httpx.Client(trust_env=False) as client:
            reply = client.post(f"{url}/chat/completions", json=body).json()
            busy = client.post(
                f"{url}/chat/completions", json={**body, "model": "scripted-429-after-3"}
            )
        assert reply["choices"][0]["message"]["content"] == "This is a scripted reply."
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "3")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
