"""The service's own prompts: complete, unchanged since their release, and fit for their code."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from prompts import catalogue as loading
from prompts.catalogue import FOLDER, Catalogue, compiled_path, source_path
from prompts.compiled import sha256_of
from prompts.errors import CatalogueError, PromptNotFoundError
from prompts.manifest import FILE, State, read_manifest
from prompts.releasing import roll_back
from prompts.templates import read_template

MANIFEST = read_manifest(FOLDER)
VERSIONS = [(name, version) for name, entry in MANIFEST.items() for version in entry.versions]
FACES = {
    "synthesize": ({"abstention", "language", "passages", "question"}, set(), set()),
    "condense": ({"history", "question"}, set(), set()),
    "hyde": ({"question"}, set(), set()),
    "rewrite": ({"question"}, set(), set()),
    "decompose": ({"question"}, set(), {"questions"}),
    "summarise": ({"conversation", "max_tokens", "summary"}, {"with_summary"}, set()),
    "classify": ({"question", "scope"}, {"with_scope"}, {"on_topic", "injection", "language"}),
    "judge": ({"passages", "question", "statement"}, set(), {"supported", "score", "reason"}),
    "agent": (
        {"datasources", "question", "results"},
        {"with_datasources", "with_results"},
        set(),
    ),
    "sql": (
        {"dialect", "examples", "question", "schema"},
        {"with_examples"},
        {"sql", "assumptions", "ambiguous"},
    ),
}
"""What the code that asks for each prompt gives and expects."""


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_what_was_released_has_not_changed(name: str, version: str) -> None:
    entry = MANIFEST[name].versions[version]
    source = source_path(FOLDER, name, version).read_bytes()
    compiled = compiled_path(FOLDER, name, version).read_bytes()

    assert entry.state is State.RELEASED
    assert sha256_of(source) == entry.sha256, "a released prompt never changes; add a version"
    assert sha256_of(compiled) == entry.compiled_sha256


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_the_catalogue_declares_what_the_files_use(name: str, version: str) -> None:
    entry = MANIFEST[name].versions[version]
    template = read_template(source_path(FOLDER, name, version).read_text(), name)
    compiled = Catalogue.load().get(name, version).compiled

    assert template.inputs == entry.inputs == compiled.inputs
    assert template.flags == entry.flags == compiled.flags
    assert entry.output == compiled.output
    assert len(compiled.variants) == 2 ** len(compiled.flags)
    assert compiled.max_output_tokens, "each prompt bounds its answer"


def test_every_file_is_in_the_catalogue() -> None:
    sources = {(p.parent.name, p.stem) for p in FOLDER.glob("*/*.poml")}
    compiled = {(p.parent.name, p.stem) for p in FOLDER.glob("compiled/*/*.json")}
    assert sources == compiled == set(VERSIONS)


@pytest.mark.parametrize("name", FACES)
def test_the_active_version_fits_its_code(name: str) -> None:
    prompt = Catalogue.load().get(name)
    inputs, flags, output = FACES[name]
    assert (set(prompt.inputs), set(prompt.flags), set(prompt.compiled.output)) == (
        inputs,
        flags,
        output,
    )
    entry = MANIFEST[name]
    assert entry.purpose
    assert entry.promotions[-1].version == entry.active


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_an_answer_in_json_is_closed_and_complete(name: str, version: str) -> None:
    schema = Catalogue.load().get(name, version).compiled.output_schema
    if schema is not None:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


def test_a_version_can_be_named_and_must_exist() -> None:
    catalogue = Catalogue.load()
    assert catalogue.get("synthesize").ref.version == "v2"
    assert catalogue.get("synthesize", "v1").ref.version == "v1"
    with pytest.raises(PromptNotFoundError, match="it has v1, v2"):
        catalogue.get("synthesize", "v9")
    with pytest.raises(PromptNotFoundError, match="no prompt 'synthesise'"):
        catalogue.get("synthesise")


def test_a_catalogue_is_read_once() -> None:
    assert Catalogue.load() is Catalogue.load(FOLDER)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER / "compiled", tmp_path / "compiled")
    shutil.copytree(FOLDER / "synthesize", tmp_path / "synthesize")
    shutil.copy(FOLDER / FILE, tmp_path)
    return tmp_path


def test_templates_are_not_needed_to_run(copied: Path) -> None:
    assert Catalogue.read(copied).get("hyde").render({"question": "q"}).messages


def test_a_changed_compiled_file_is_refused(copied: Path) -> None:
    path = compiled_path(copied, "hyde", "v1")
    path.write_text(path.read_text().replace("never shown", "always shown"))
    with pytest.raises(CatalogueError, match=r"is not what catalog\.toml says"):
        Catalogue.read(copied)


def test_a_missing_compiled_file_is_refused(copied: Path) -> None:
    compiled_path(copied, "hyde", "v1").unlink()
    with pytest.raises(CatalogueError, match="is missing"):
        Catalogue.read(copied)


def _recorded(copied: Path, data: bytes) -> None:
    """Put a compiled file in place, together with its hash."""
    path = compiled_path(copied, "hyde", "v1")
    old = sha256_of(path.read_bytes())
    path.write_bytes(data)
    text = (copied / FILE).read_text().replace(old, sha256_of(data))
    (copied / FILE).write_text(text)


def test_a_compiled_file_of_another_template_is_refused(copied: Path) -> None:
    raw = json.loads(compiled_path(copied, "hyde", "v1").read_bytes())
    _recorded(copied, json.dumps({**raw, "source_sha256": "0" * 64}).encode())
    with pytest.raises(CatalogueError, match="belongs to another template"):
        Catalogue.read(copied)


def test_a_compiled_file_of_another_format_is_refused(copied: Path) -> None:
    raw = json.loads(compiled_path(copied, "hyde", "v1").read_bytes())
    _recorded(copied, json.dumps({**raw, "format": 2}).encode())
    with pytest.raises(CatalogueError, match="is not a compiled prompt"):
        Catalogue.read(copied)


def test_a_draft_cannot_be_the_active_version(copied: Path) -> None:
    text = (copied / FILE).read_text()
    (copied / FILE).write_text(text.replace('state = "released"', 'state = "draft"'))
    with pytest.raises(CatalogueError, match=r"synthesize\.active: v2 is not released"):
        Catalogue.read(copied)


def test_a_broken_draft_stops_nobody(copied: Path) -> None:
    text = (copied / FILE).read_text()
    before, after = text.split("[synthesize.versions.v1]")
    draft = after.replace("released", "draft", 1)
    (copied / FILE).write_text(f"{before}[synthesize.versions.v1]{draft}")
    compiled_path(copied, "synthesize", "v1").unlink()

    catalogue = Catalogue.read(copied)

    assert catalogue.get("synthesize").ref.version == "v2"
    with pytest.raises(PromptNotFoundError, match="compiled again"):
        catalogue.get("synthesize", "v1")


def test_a_rollback_reaches_a_running_server(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LOOK_EVERY_S", 0.0)
    catalogue = Catalogue.load(copied)
    kept = Catalogue.read(copied)
    assert catalogue.get("synthesize").ref.version == "v2"

    roll_back(copied, "synthesize")

    assert catalogue.get("synthesize").ref.version == "v1"
    assert kept.get("synthesize").ref.version == "v2"


def test_a_catalogue_that_breaks_leaves_the_last_good_one(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LOOK_EVERY_S", 0.0)
    catalogue = Catalogue.load(copied)
    text = (copied / FILE).read_text()
    for broken in ("[synthesize", text.replace('active = "v2"', 'active = "v9"')):
        (copied / FILE).write_text(broken)
        assert catalogue.get("synthesize").ref.version == "v2"
    (copied / FILE).unlink()
    assert catalogue.get("synthesize").ref.version == "v2"

    (copied / FILE).write_text(text.replace('active = "v2"', 'active = "v1"'))
    assert catalogue.get("synthesize").ref.version == "v1"


def test_the_file_is_not_looked_at_for_every_question(copied: Path) -> None:
    catalogue = Catalogue.load(copied)
    assert catalogue.get("synthesize").ref.version == "v2"
    roll_back(copied, "synthesize")
    assert catalogue.get("synthesize").ref.version == "v2"


def test_the_evaluations_that_are_named_exist() -> None:
    commands: Any = typer.main.get_command(app)
    known = set(commands.commands["eval"].commands)
    assert {entry.eval for entry in MANIFEST.values()} - {""} <= known
    assert MANIFEST["synthesize"].eval == "answers"


def test_every_prompt_names_its_evaluation_or_is_known_to_have_none() -> None:
    without = {name for name, entry in MANIFEST.items() if not entry.eval}
    assert without == {"condense", "summarise"}
