import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from prompts.catalogue import FOLDER, Catalogue, compiled_path, source_path
from prompts.errors import CatalogueError, PromptNotFoundError, PromptStateError, TemplateError
from prompts.manifest import FILE, Move, State, read_manifest
from prompts.releasing import compile_version, promote, release, roll_back

Write = Callable[..., Path]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the service's own prompts; v2 of `synthesize` is active."""
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", ".*"))
    return folder


def test_promotions_are_remembered_and_rolled_back(shipped: Path) -> None:
    back = roll_back(shipped, "synthesize", note="too long")
    assert (back.before, back.active) == ("v2", "v1")
    assert Catalogue.read(shipped).get("synthesize").ref.version == "v1"

    forward = promote(shipped, "synthesize", "v2", note="mended")
    assert (forward.before, forward.active) == ("v1", "v2")

    history = read_manifest(shipped)["synthesize"].promotions
    assert [(each.version, each.move, each.note) for each in history[-2:]] == [
        ("v1", Move.ROLLBACK, "too long"),
        ("v2", Move.PROMOTE, "mended"),
    ]
    assert history[-1].at.tzinfo is not None


def test_only_one_line_of_the_catalogue_changes_with_a_promotion(shipped: Path) -> None:
    before = (shipped / FILE).read_text().splitlines()
    roll_back(shipped, "synthesize")
    after = (shipped / FILE).read_text().splitlines()

    assert set(before) - set(after) == {'active = "v2"'} - set(after)
    assert len(after) == len(before) + 6


def test_there_is_not_always_a_way_back(shipped: Path) -> None:
    with pytest.raises(PromptStateError, match="no other active version"):
        roll_back(shipped, "hyde")
    with pytest.raises(PromptNotFoundError):
        roll_back(shipped, "hide")


def test_only_another_version_that_exists_is_promoted(shipped: Path) -> None:
    with pytest.raises(PromptStateError, match="active version already"):
        promote(shipped, "synthesize", "v2")
    with pytest.raises(PromptNotFoundError, match="v9"):
        promote(shipped, "synthesize", "v9")


@pytest.mark.parametrize("path", [source_path, compiled_path])
def test_what_was_tampered_with_is_not_promoted(
    shipped: Path, path: Callable[[Path, str, str], Path]
) -> None:
    file = path(shipped, "synthesize", "v1")
    file.write_text(file.read_text() + "\n")
    with pytest.raises(CatalogueError, match="not what was released"):
        roll_back(shipped, "synthesize")
    assert read_manifest(shipped)["synthesize"].active == "v2"


@pytest.mark.integration
def test_a_new_prompt_goes_from_draft_to_active(write: Write) -> None:
    folder = write()

    drafted = compile_version(folder, "greet", "v1")
    assert (drafted.state, drafted.changed, drafted.variants) == (State.DRAFT, True, 2)
    assert (drafted.inputs, drafted.flags) == (("language", "question"), ("brief",))
    with pytest.raises(PromptStateError, match="is a draft"):
        promote(folder, "greet", "v1")
    with pytest.raises(PromptNotFoundError, match="no active version"):
        Catalogue.read(folder).get("greet")
    draft = Catalogue.read(folder).get("greet", "v1")
    said = draft.render({"language": "French", "question": "Why?"}, {"brief": True}).messages
    assert said[0].content == "Answer in French.\n\nBe brief."

    released = release(folder, "greet", "v1", note="first")
    assert (released.state, released.changed) == (State.RELEASED, True)
    promote(folder, "greet", "v1")
    assert Catalogue.read(folder).get("greet").ref.sha256 == released.sha256


@pytest.mark.integration
def test_a_draft_may_change_and_a_release_may_not(write: Write) -> None:
    folder = write("<poml><human-msg><p>Be brief: {{ question }}</p></human-msg></poml>")
    first = compile_version(folder, "greet", "v1")
    source = source_path(folder, "greet", "v1")
    source.write_text(source.read_text().replace("Be brief", "Be quick"))
    second = release(folder, "greet", "v1")
    assert second.sha256 != first.sha256

    assert not release(folder, "greet", "v1").changed
    before = (folder / FILE).read_bytes(), compiled_path(folder, "greet", "v1").read_bytes()
    source.write_text(source.read_text().replace("Be quick", "Be slow"))
    for again in (release, compile_version):
        with pytest.raises(PromptStateError, match="write the new text as a new version"):
            again(folder, "greet", "v1")
    assert before == (
        (folder / FILE).read_bytes(),
        compiled_path(folder, "greet", "v1").read_bytes(),
    )


@pytest.mark.integration
def test_other_inputs_need_a_word(write: Write) -> None:
    folder = write("<poml><human-msg><p>{{ question }}</p></human-msg></poml>")
    write("<poml><human-msg><p>{{ question }}{{ hint }}</p></human-msg></poml>", version="v2")
    release(folder, "greet", "v1")
    release(folder, "greet", "v2")
    promote(folder, "greet", "v1")

    with pytest.raises(PromptStateError, match=r"other inputs \(hint, question\)"):
        promote(folder, "greet", "v2")
    assert promote(folder, "greet", "v2", new_inputs=True).active == "v2"


def test_a_template_that_does_not_parse_changes_nothing(write: Write) -> None:
    folder = write("<poml>\n<human-msg>\n<p>oops</human-msg></poml>")
    with pytest.raises(TemplateError, match=r"greet/v1\.poml, line 3: mismatched tag"):
        release(folder, "greet", "v1")
    assert not (folder / FILE).exists()
    assert not (folder / "compiled").exists()


@pytest.mark.parametrize(("name", "version"), [("greet", "v2"), ("../greet", "v1"), ("greet", "")])
def test_a_template_must_exist_inside_the_folder(write: Write, name: str, version: str) -> None:
    with pytest.raises(PromptNotFoundError):
        release(write(), name, version)


@pytest.mark.integration
def test_a_compiler_that_has_changed_is_noticed(shipped: Path) -> None:
    entry = read_manifest(shipped)["hyde"].versions["v1"]
    text = (shipped / FILE).read_text()
    (shipped / FILE).write_text(text.replace(entry.compiled_sha256, "0" * 64))
    with pytest.raises(PromptStateError, match="the compiler has changed"):
        compile_version(shipped, "hyde", "v1")
