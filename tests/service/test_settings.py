"""Settings are validated at start, and a mistake is named with its fix."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(text: str) -> None:
    Path("config.yaml").write_text(text, encoding="utf-8")


def test_defaults_need_no_file() -> None:
    settings = load_settings()
    assert settings.chat_model.plugin == "extractive"
    assert settings.database_url.startswith("sqlite+aiosqlite:////")


def test_environment_wins_over_file_and_caller_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("server: {port: 1111, host: localhost}\n")
    assert load_settings().server.port == 1111
    monkeypatch.setenv("CICERONE_SERVER__PORT", "2222")
    merged = load_settings()
    assert (merged.server.port, merged.server.host) == (2222, "localhost")
    assert load_settings(server={"port": 3333}).server.port == 3333


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("server: {prot: 1}", "server.prot: no such setting; did you mean 'port'?"),
        ("embeder: {plugin: x}", "embeder: no such setting; did you mean 'embedder'?"),
        ("server: {port: 99999}", "server.port: "),
        ("environment: staging", "environment: "),
        ("server: {rate_limit: {questions: often}}", "is not a rate such as '120/minute'"),
        ("- a\n- b", "must hold sections"),
        ("server: [", "is not valid YAML"),
    ],
)
def test_a_mistake_in_the_file_is_named(text: str, message: str) -> None:
    _write(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CICERONE_SERVERS__PORT", "did you mean 'server'?"),
        ("CICERONE_SERVER__PROT", "did you mean 'port'?"),
    ],
)
def test_a_mistake_in_the_environment_is_named(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match="no such setting") as caught:
        load_settings()
    assert message in str(caught.value)


def test_a_named_file_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_CONFIG", "missing.yaml")
    with pytest.raises(SettingsError, match=r"missing\.yaml"):
        load_settings()


def test_secrets_do_not_print() -> None:
    settings = load_settings(database={"url": "postgresql+psycopg://u:hunter2@127.0.0.1/x"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" in settings.database_url


def test_a_section_may_leave_the_plugin_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_RERANKER__ENABLED", "false")
    _write("sparse_encoder: {options: {k: 1.2}}\n")
    settings = load_settings(parser={"plugin": "text"})
    assert (settings.reranker.plugin, settings.reranker.enabled) == ("late_interaction", False)
    assert settings.sparse_encoder.plugin == "bm25"
    assert settings.sparse_encoder.options == {"k": 1.2}
    assert settings.parser.plugin == "text"
