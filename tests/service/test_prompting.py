"""Answers with a team's own prompts, and a start that is refused when they are not in order."""

import json
import shutil
from pathlib import Path

import pytest

from prompts.catalogue import FOLDER, Catalogue, compiled_path, source_path
from prompts.releasing import compile_version, promote, release
from providers.principal import local_principal
from service.container import Container, open_container
from service.errors import SettingsError
from service.library import Upload
from service.prompting import catalogue_of
from service.schemas import AskRequest
from service.settings import Settings, load_settings


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a released and active version of `synthesize` and of `rewrite`."""
    folder = tmp_path_factory.mktemp("own")
    for name in ("synthesize", "rewrite"):
        version = Catalogue.load().get(name).ref.version
        text = source_path(FOLDER, name, version).read_text()
        path = source_path(folder, name, "team1")
        path.parent.mkdir()
        path.write_text(text.replace("<system-msg>", "<system-msg><p>Be polite.</p>"))
        compile_version(folder, name, "team1")
        release(folder, name, "team1")
        promote(folder, name, "team1")
    return folder


def using(settings: Settings, own: Path) -> Settings:
    scripted = {"plugin": "scripted", "options": {"reply": "descaling the kettle"}}
    return load_settings(
        home=settings.home,
        embedder={"plugin": "hashing"},
        reranker={"plugin": "late_interaction", "enabled": False},
        guards={"question": ["rules"], "passage": ["rules"]},
        models={"writer": {"plugin": "extractive"}, "helper": scripted},
        roles={"synthesize": {"models": ["writer"]}, "condense": {"models": ["helper"]}},
        prompts={"folder": str(own)},
    )


async def calls(container: Container, manual: Upload) -> dict[str, tuple[str | None, str | None]]:
    """Ask, and return version and hash of each prompt that a model was asked with."""
    principal = local_principal()
    job = await container.library.submit(principal, "default", [manual])
    async for _ in container.jobs.events(principal, job.job_id):
        pass
    asked = AskRequest.model_validate({"question": "How often to descale?", "strategy": "rewrite"})
    answer = await container.answering.answer(principal, asked)
    async with container.database.begin(principal) as transaction:
        rows = await transaction.llm_calls.of_trace(answer.trace_id)
    return {str(row.prompt_name): (row.prompt_version, row.prompt_hash) for row in rows}


async def test_an_answer_is_written_with_the_teams_prompts(
    settings: Settings, manual: Upload, own: Path
) -> None:
    async with open_container(using(settings, own)) as container:
        found = await calls(container, manual)
        prompts = catalogue_of(container.settings.prompts)
    for name in ("synthesize", "rewrite"):
        ref = prompts.get(name).ref
        assert found[name] == ("team1", ref.sha256)
        assert ref.sha256 != Catalogue.load().get(name).ref.sha256


def copied(own: Path, folder: Path) -> Path:
    return Path(shutil.copytree(own, folder))


async def test_a_folder_that_was_changed_stops_the_start(
    settings: Settings, own: Path, tmp_path: Path
) -> None:
    changed = copied(own, tmp_path / "changed")
    path = compiled_path(changed, "rewrite", "team1")
    path.write_text(json.dumps(json.loads(path.read_text())))
    with pytest.raises(SettingsError, match=r"prompts\.folder: .*rewrite/team1\.json"):
        async with open_container(using(settings, changed)):
            pass


async def test_a_folder_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"prompts\.folder: there is no .*nowhere"):
        async with open_container(using(settings, tmp_path / "nowhere")):
            pass
