"""The service opens over a fresh home, reports its health, and degrades as configured."""

from pathlib import Path

import pytest

from providers.chat_model.extractive import ExtractiveChatModel
from providers.principal import local_principal
from providers.types import Status
from service.container import Container, open_container
from service.errors import HomeInUseError, SettingsError
from service.library import Upload
from service.plugins import load_providers
from service.schemas import AskRequest, SearchRequest
from service.settings import Settings, load_settings

OWNER = local_principal()


def _with(settings: Settings, **sections: object) -> Settings:
    base = {"home": settings.home, "embedder": settings.embedder, "reranker": settings.reranker}
    return load_settings(**{**base, **sections})


async def test_a_fresh_home_is_ready(container: Container) -> None:
    report = await container.health.report()
    assert report.status is Status.READY
    assert report.capabilities["embedder"].plugin == "hashing"
    assert report.capabilities["reranker"].status is Status.DISABLED


async def test_the_extractive_model_compares_in_meaning_where_there_is_an_embedder(
    settings: Settings,
) -> None:
    bound = load_providers(settings)
    assert isinstance(bound.chat_model, ExtractiveChatModel)
    assert bound.chat_model.compares_meaning
    off = load_providers(_with(settings, embedder={"plugin": "hashing", "enabled": False}))
    assert isinstance(off.chat_model, ExtractiveChatModel)
    assert not off.chat_model.compares_meaning
    scripted = load_providers(_with(settings, chat_model={"plugin": "scripted"}))
    assert isinstance(scripted.fallback, ExtractiveChatModel)
    assert scripted.fallback.compares_meaning
    for providers in (bound, off, scripted):
        await providers.aclose()


async def test_a_home_has_one_owner(container: Container) -> None:
    with pytest.raises(HomeInUseError):
        async with open_container(container.settings):
            pass


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        ("embedder", {"plugin": "nonsense"}, "embedder.plugin: no plugin 'nonsense'"),
        ("cache", {"plugin": "memory", "options": {"maxx": 1}}, "cache.options.maxx"),
        ("vector_store", {"plugin": "qdrant_edge", "enabled": False}, "vector_store.enabled"),
    ],
)
async def test_settings_that_cannot_be_built_stop_the_start(
    settings: Settings, section: str, value: object, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        async with open_container(_with(settings, **{section: value})):
            pass
    assert message in str(caught.value)


@pytest.mark.parametrize("section", ["embedder", "sparse_encoder", "object_store", "cache"])
async def test_any_part_can_be_switched_off(
    settings: Settings, section: str, manual: Upload
) -> None:
    plugin = getattr(settings, section).plugin
    off = _with(settings, **{section: {"plugin": plugin, "enabled": False}})
    async with open_container(off) as container:
        job = await container.library.submit(OWNER, "default", [manual])
        async for _ in container.jobs.events(OWNER, job.job_id):
            pass
        found = await container.answering.search(OWNER, SearchRequest(query="descale kettle"))
        assert found.hits
        answer = await container.answering.answer(
            OWNER, AskRequest(question="How often must I descale the kettle?")
        )
        assert "60 days" in answer.answer
        report = await container.health.report()
        assert report.capabilities[section].status is Status.DISABLED


async def test_a_server_does_not_start_without_its_model(
    settings: Settings, tmp_path: Path
) -> None:
    missing = _with(settings, embedder={"plugin": "fastembed"}, models_dir=tmp_path / "none")
    with pytest.raises(SettingsError, match="cicerone models prepare"):
        async with open_container(missing, resume=True):
            pass
    async with open_container(missing) as container:  # a command still can say what is wrong
        report = await container.health.report()
    assert report.capabilities["embedder"].status is Status.UNAVAILABLE
