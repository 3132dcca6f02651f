"""What every test shares: a silent, offline environment."""

import os
from pathlib import Path

import platformdirs
import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
# Where `cicerone models prepare` puts the model unless told otherwise.
os.environ.setdefault(
    "CICERONE_MODELS_DIR", str(Path(platformdirs.user_cache_dir("cicerone")) / "models")
)


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own configuration out of the tests; the model folder stays."""
    for name in list(os.environ):
        if name.startswith("CICERONE_") and name != "CICERONE_MODELS_DIR":
            monkeypatch.delenv(name)
