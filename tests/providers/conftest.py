"""Fixtures of the provider tests."""

import os
from pathlib import Path

import pytest

from providers.embedder.model_folder import list_models


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of prepared models, named by CICERONE_MODELS_DIR."""
    folder = Path(os.environ.get("CICERONE_MODELS_DIR", "models"))
    if not list_models(folder):
        pytest.fail(
            f"no model in {folder}: run `cicerone models prepare` "
            "and set CICERONE_MODELS_DIR to its folder"
        )
    return folder
