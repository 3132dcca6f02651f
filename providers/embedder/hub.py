"""Downloads a model's ONNX files from a model hub."""

import os
import shutil
from pathlib import Path

from providers.embedder.model_folder import TOKENIZER_FILES, WEIGHTS
from providers.embedder.recipes import Recipe
from providers.errors import ProviderError

CONNECT_TIMEOUT_S = "3"
_OFF = {"", "0", "false", "no", "off"}


def hub_allowed() -> bool:
    """Tell whether the environment leaves the model hub open (HF_HUB_OFFLINE unset)."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in _OFF


def download(recipe: Recipe, target: Path) -> str:
    """Put the model's files into `target`; returns their origin.

    Raises:
        ProviderError: the hub cannot be reached or lacks a file.
    """
    # Read once when huggingface_hub is first imported, hence before the import.
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", CONNECT_TIMEOUT_S)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from httpx import HTTPError  # noqa: PLC0415
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    staging = target / ".hub"
    try:
        snapshot_download(
            recipe.hub_repo,
            local_dir=staging,
            allow_patterns=[recipe.hub_weights, *TOKENIZER_FILES],
        )
        shutil.move(staging / recipe.hub_weights, target / WEIGHTS)
        for name in TOKENIZER_FILES:
            shutil.move(staging / name, target / name)
    except (HfHubHTTPError, LocalEntryNotFoundError, HTTPError, OSError, ValueError) as error:
        raise ProviderError(f"the model hub gave no {recipe.hub_repo}: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return f"hub:{recipe.hub_repo}"
