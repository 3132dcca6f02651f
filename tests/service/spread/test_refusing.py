"""Jobs are not spread while something belongs to one process."""

from pathlib import Path
from typing import Any

import pytest

from service.container import open_container
from service.errors import SettingsError
from service.settings import Settings, load_settings
from service.spread.refusing import require_shared

SHARED: dict[str, Any] = {
    "database": {"url": "postgresql+psycopg://db/cicerone"},
    "vector_store": {"plugin": "pgvector", "options": {"url": "postgresql://db/cicerone"}},
    "object_store": {"plugin": "obstore", "options": {"url": "s3://bucket"}},
    "jobs": {"runner": "celery", "celery": {"broker_url": "redis://127.0.0.1:1/0"}},
}
EMBEDDED = {"plugin": "qdrant", "options": {"path": "vectors"}}


def settings_with(**changes: Any) -> Settings:
    return load_settings(**{**SHARED, **changes})


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"vector_store": {"plugin": "qdrant", "options": {"url": "http://qdrant:6333"}}},
        {
            "object_store": {"plugin": "obstore", "options": {"data_dir": "/mnt/cicerone"}},
            "jobs": {
                "runner": "celery",
                "celery": {"broker_url": "amqp://rabbit", "shared_folder": True},
            },
        },
    ],
)
def test_what_all_processes_share_is_taken(changes: dict[str, Any]) -> None:
    require_shared(settings_with(**changes))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"database": {}}, "database.url"),
        ({"vector_store": {"plugin": "qdrant_edge"}}, "vector_store.plugin"),
        ({"vector_store": EMBEDDED}, "vector_store.plugin"),
        ({"object_store": {"plugin": "obstore"}}, "object_store.options.url"),
        ({"object_store": {"plugin": "obstore", "enabled": False}}, "object_store.enabled"),
        ({"jobs": {"runner": "celery"}}, "jobs.celery.broker_url"),
    ],
)
async def test_what_one_process_owns_stops_the_start(changes: dict[str, Any], key: str) -> None:
    settings = settings_with(**changes)
    with pytest.raises(SettingsError, match=key):
        async with open_container(settings):
            pytest.fail("it opened")
    assert not (settings.home / "cicerone.db").exists()


def test_all_that_is_wrong_is_said_at_once() -> None:
    embedded = load_settings(jobs={"runner": "celery"})
    with pytest.raises(SettingsError) as caught:
        require_shared(embedded)
    for key in ("broker_url", "database.url", "vector_store", "object_store"):
        assert key in str(caught.value)


def test_a_broker_must_not_deliver_again_what_may_still_run() -> None:
    with pytest.raises(SettingsError, match="visibility_timeout_s must exceed task_time_limit_s"):
        settings_with(jobs={"celery": {"visibility_timeout_s": 60, "task_time_limit_s": 60}})
