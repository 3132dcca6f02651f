"""What langgraph.json names can be loaded, answers, and cannot be taken over by a caller."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from graphs.errors import MissingPrincipalError
from graphs.query.state import Context
from providers.principal import local_principal
from service import studio
from service.container import open_container
from service.library import Upload
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_every_graph_of_the_file_exists() -> None:
    named = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    for graph in named.values():
        module, name = graph["path"].split(":")
        assert "/" not in module
        assert callable(getattr(importlib.import_module(module), name))


async def test_a_graph_answers_and_refuses_a_forged_principal(
    settings: Settings, manual: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_container(settings) as container:
        job = await container.library.submit(local_principal(), "default", [manual])
        async for _ in container.jobs.events(local_principal(), job.job_id):
            pass
    monkeypatch.setattr(studio, "load_settings", lambda: settings)
    studio.workflows.cache_clear()
    search = studio.search()
    found = await search.ainvoke({"question": "descale the kettle"}, context=Context())
    assert found["passages"]
    with pytest.raises(MissingPrincipalError):
        await search.ainvoke(
            {"question": "descale the kettle"},
            {"configurable": {"principal": {"tenant_id": "other", "roles": ["admin"]}}},
            context=Context(),
        )
    agent = studio.agent()
    answered = await agent.ainvoke({"question": "How often must I descale the Brisk 12?"})
    assert answered["tools"] == ["ask_documents"]
    forged: Any = {"question": "descale the kettle", "principal": {"tenant_id": "other"}}
    with pytest.raises(MissingPrincipalError):
        await agent.ainvoke(
            forged,
            {"configurable": {"principal": {"tenant_id": "other", "roles": ["admin"]}}},
        )
    await studio.workflows().aclose()
    studio.workflows.cache_clear()
