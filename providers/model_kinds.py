"""What lies in the folder of models: embedders, rerankers and others, as they say themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from providers.embedder.model_folder import TOKENIZER, WEIGHTS

CONFIG = "config.json"


class ModelKind(StrEnum):
    """The capability that a model can serve."""

    EMBEDDER = "embedder"
    SPARSE_ENCODER = "sparse_encoder"
    RERANKER = "reranker"
    CHAT_MODEL = "chat_model"
    UNKNOWN = "unknown"


_ENDINGS = {
    "ForSequenceClassification": ModelKind.RERANKER,
    "ForMaskedLM": ModelKind.SPARSE_ENCODER,
    "ForCausalLM": ModelKind.CHAT_MODEL,
    "Model": ModelKind.EMBEDDER,
}
"""How the architectures that `config.json` names end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """A folder that looks like a model.

    `missing` names the files without which no plugin can load it; `size` is in bytes.
    """

    name: str
    folder: Path
    kind: ModelKind
    dimensions: int | None
    size: int
    missing: tuple[str, ...]


def find_models(models_dir: Path) -> list[FoundModel]:
    """List the folders below `models_dir` that hold a model or a part of one, by name."""
    if not models_dir.is_dir():
        return []
    return [
        _found(folder)
        for folder in sorted(models_dir.iterdir())
        if not folder.name.startswith(".")
        and any((folder / name).is_file() for name in (CONFIG, WEIGHTS))
    ]


def _found(folder: Path) -> FoundModel:
    config = _config(folder)
    kind = _kind(config)
    hidden = config.get("hidden_size")
    return FoundModel(
        name=folder.name,
        folder=folder,
        kind=kind,
        dimensions=hidden if isinstance(hidden, int) and kind is ModelKind.EMBEDDER else None,
        size=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
        missing=_missing(folder, kind),
    )


def _config(folder: Path) -> Mapping[str, Any]:
    """Return what the folder says of its model; nothing when it says nothing readable."""
    try:
        found = json.loads((folder / CONFIG).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _kind(config: Mapping[str, Any]) -> ModelKind:
    for architecture in config.get("architectures") or []:
        for ending, kind in _ENDINGS.items():
            if str(architecture).endswith(ending):
                return kind
    return ModelKind.UNKNOWN


def _missing(folder: Path, kind: ModelKind) -> tuple[str, ...]:
    if kind is ModelKind.CHAT_MODEL:
        weights = [] if any(folder.glob("*.safetensors")) else ["*.safetensors"]
    else:
        weights = [] if (folder / WEIGHTS).is_file() else [WEIGHTS]
    others = [name for name in (CONFIG, TOKENIZER) if not (folder / name).is_file()]
    return (*weights, *others)
