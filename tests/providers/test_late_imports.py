"""What is configured costs nothing until it is used: heavy packages are imported late."""

import subprocess
import sys

import pytest

from providers.errors import ProviderError
from providers.registry import CHAT_MODEL, load

SCRIPT = """
import sys
from providers import registry
hosted = {"model": "openai/x", "dimensions": 8}
built = [
    registry.load(registry.EMBEDDER, "litellm", hosted),
    registry.load(registry.EMBEDDER, "tei", {**hosted, "url": "http://127.0.0.1:9"}),
    registry.load(registry.RERANKER, "litellm", {"model": "cohere/x"}),
    registry.load(registry.RERANKER, "tei", {"model": "x", "url": "http://127.0.0.1:9"}),
    registry.load(registry.RERANKER, "fastembed", {}),
    registry.load(registry.SPARSE_ENCODER, "fastembed", {}),
    registry.load(registry.CHAT_MODEL, "transformers", {"model": "x"}),
]
print([getattr(plugin, "fingerprint", "") for plugin in built])
print(sorted({"litellm", "torch", "transformers", "fastembed", "openai"} & set(sys.modules)))
"""


def test_building_the_plugins_imports_no_heavy_package() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "providers.chat_model.transformers", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ProviderError, match=r"'torch': pip install 'cicerone\[transformers\]'"):
        load(CHAT_MODEL, "transformers", {"model": "x"})
