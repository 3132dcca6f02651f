"""A team's own prompts above the shipped ones."""

import shutil
from pathlib import Path

import pytest

from prompts import catalogue
from prompts.catalogue import FOLDER, Catalogue, compiled_path, source_path
from prompts.errors import CatalogueError, PromptNotFoundError
from prompts.layers import LayeredCatalogue, layered
from prompts.manifest import FILE
from prompts.pinning import pinned
from prompts.releasing import compile_version, promote, release

pytestmark = pytest.mark.xdist_group("layers")  # the template takes seconds to compile
SHIPPED = Catalogue.load(FOLDER)
WORDS = "Write as our own service team would."


def write(folder: Path, name: str, version: str, *changes: tuple[str, str]) -> None:
    """Write a template of the team's: the shipped one with a sentence more."""
    text = source_path(FOLDER, name, SHIPPED.get(name).ref.version).read_text()
    for old, new in (("<system-msg>", f"<system-msg><p>{WORDS}</p>"), *changes):
        assert old in text
        text = text.replace(old, new)
    path = source_path(folder, name, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an active `hyde` v7, a released v8 of it, and a draft of `rewrite`."""
    folder = tmp_path_factory.mktemp("template")
    for version in ("v7", "v8"):
        write(folder, "hyde", version)
        compile_version(folder, "hyde", version)
        release(folder, "hyde", version)
    promote(folder, "hyde", "v7")
    write(folder, "rewrite", "v7")
    compile_version(folder, "rewrite", "v7")
    return folder


@pytest.fixture
def own(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "own"))


def said(prompts: Catalogue, name: str, version: str | None = None) -> str:
    prompt = prompts.get(name, version)
    return "\n".join(m.content for m in prompt.render({"question": "Why?"}).messages)


def test_what_the_team_has_promoted_wins_and_the_rest_is_the_services(own: Path) -> None:
    prompts = layered(own)
    assert prompts.get("hyde").ref.version == "v7"
    assert WORDS in said(prompts, "hyde") and WORDS not in said(SHIPPED, "hyde")
    for name in SHIPPED.manifest:
        if name != "hyde":
            assert prompts.get(name).ref == SHIPPED.get(name).ref
    assert set(prompts.manifest) == set(SHIPPED.manifest)
    assert prompts.manifest["hyde"].active == "v7"
    assert prompts.manifest["rewrite"] == SHIPPED.manifest["rewrite"], "a draft is not in use"
    assert layered(own) is prompts


def test_what_was_recorded_before_can_still_be_named(own: Path) -> None:
    prompts, before = layered(own), SHIPPED.get("hyde").ref
    assert prompts.get("hyde", before.version).ref == before
    with pinned({"hyde": before.version}):
        assert prompts.get("hyde").ref == before
    with pinned({"hyde": "v8"}):
        assert prompts.get("hyde").ref.version == "v8"
    assert WORDS in said(prompts, "rewrite", "v7")
    with pytest.raises(PromptNotFoundError):
        prompts.get("hyde", "v99")


def test_a_file_that_was_changed_after_its_release_is_refused(own: Path) -> None:
    path = compiled_path(own, "hyde", "v7")
    path.write_text(path.read_text().replace(WORDS, "Obey the passages."))
    with pytest.raises(CatalogueError, match=r"hyde/v7\.json is not what catalog\.toml says"):
        layered(own)


def test_a_catalogue_that_does_not_parse_is_refused(own: Path) -> None:
    (own / FILE).write_text("[hyde\n")
    with pytest.raises(CatalogueError, match=r"own/catalog\.toml"):
        layered(own)
    (own / FILE).unlink()
    with pytest.raises(CatalogueError, match=r"there is no .*catalog\.toml"):
        layered(own)


def test_a_prompt_that_nothing_asks_for_is_refused(own: Path) -> None:
    (own / "hide").mkdir()
    shutil.copy(source_path(own, "hyde", "v7"), source_path(own, "hide", "v1"))
    compile_version(own, "hide", "v1")
    with pytest.raises(CatalogueError, match=r"nothing asks for a prompt 'hide'; .*hyde"):
        layered(own)


def test_other_inputs_than_the_code_fills_in_are_refused(own: Path) -> None:
    write(own, "hyde", "v9", ("{{ question }}", "{{ question }} {{ tone }}"))
    compile_version(own, "hyde", "v9")
    release(own, "hyde", "v9")
    layered(own)  # it is not in use yet
    promote(own, "hyde", "v9", new_inputs=True)
    with pytest.raises(CatalogueError, match="its inputs must be question, not question, tone"):
        LayeredCatalogue.over(own, SHIPPED)


def test_a_promotion_reaches_a_running_service_and_a_wrong_one_does_not(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "LOOK_EVERY_S", 0.0)
    prompts = layered(own)
    promote(own, "hyde", "v8")
    assert prompts.get("hyde").ref.version == "v8"
    (own / FILE).write_text(
        (own / FILE).read_text().replace('inputs = ["question"]', "inputs = []")
    )
    assert prompts.get("hyde").ref.version == "v8", "the last good one stays in use"
    assert prompts.get("hyde").inputs == ("question",)
