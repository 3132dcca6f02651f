"""What the folder of models holds."""

import json
from pathlib import Path

import pytest

from providers.model_kinds import ModelKind, find_models


def folder(models: Path, name: str, *files: str, **config: object) -> Path:
    made = models / name
    made.mkdir(parents=True)
    for file in files:
        (made / file).write_bytes(b"x" * 10)
    if config:
        (made / "config.json").write_text(json.dumps(config), "utf-8")
    return made


@pytest.mark.parametrize(
    ("architecture", "kind", "weights"),
    [
        ("BertModel", ModelKind.EMBEDDER, "model.onnx"),
        ("XLMRobertaForSequenceClassification", ModelKind.RERANKER, "model.onnx"),
        ("BertForMaskedLM", ModelKind.SPARSE_ENCODER, "model.onnx"),
        ("LlamaForCausalLM", ModelKind.CHAT_MODEL, "*.safetensors"),
        ("Strange", ModelKind.UNKNOWN, "model.onnx"),
    ],
)
def test_kind_and_missing_files(
    tmp_path: Path, architecture: str, kind: ModelKind, weights: str
) -> None:
    folder(tmp_path, "part", architectures=[architecture], hidden_size=384)
    file = "model-1-of-2.safetensors" if kind is ModelKind.CHAT_MODEL else "model.onnx"
    folder(tmp_path, "whole", file, "tokenizer.json", architectures=[architecture])
    part, whole = find_models(tmp_path)
    assert (part.name, part.kind, part.missing) == ("part", kind, (weights, "tokenizer.json"))
    assert part.dimensions == (384 if kind is ModelKind.EMBEDDER else None)
    assert (whole.name, whole.kind, whole.missing) == ("whole", kind, ())
    assert whole.size > 20


def test_what_is_no_model_is_left_out(tmp_path: Path) -> None:
    folder(tmp_path, ".half-made", "model.onnx")
    folder(tmp_path, "notes", "readme.txt")
    (tmp_path / "file").write_text("x", "utf-8")
    assert find_models(tmp_path) == []
    assert find_models(tmp_path / "nowhere") == []


@pytest.mark.parametrize("text", ["{", "[]", '{"architectures": null}'])
def test_a_config_that_says_nothing(tmp_path: Path, text: str) -> None:
    made = folder(tmp_path, "odd", "model.onnx", "tokenizer.json")
    (made / "config.json").write_text(text, "utf-8")
    (found,) = find_models(tmp_path)
    assert (found.kind, found.missing) == (ModelKind.UNKNOWN, ())


@pytest.mark.integration
def test_models_of_transformers_name_themselves(chat_folder: Path) -> None:
    (found,) = find_models(chat_folder.parent)
    assert (found.kind, found.missing) == (ModelKind.CHAT_MODEL, ())
