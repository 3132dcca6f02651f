"""The whole service on other models: a server's embedder, SPLADE, a cross-encoder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers import tiny_models
from tests.providers.hosted.json_service import JsonService
from tests.providers.hosted.tei_service import DIMENSIONS, MODEL, tei_service
from tests.providers.source.site import serving

Cli = Any
QUESTION = "clean the door of the oven"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small models made on the spot, in one folder."""
    folder = tmp_path_factory.mktemp("models")
    language_model = tiny_models.echoing_language_model()
    tiny_models.write_folder(folder / "splade", tiny_models.logits_of(language_model))
    tiny_models.write_folder(folder / "pairs", tiny_models.comparing_cross_encoder())
    return folder


@pytest.fixture
def service(models: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JsonService]:
    """The server of the embedder; the settings name it and the models."""
    with serving() as served:
        found = tei_service(served)
        chosen: dict[str, tuple[str, dict[str, object]]] = {
            "EMBEDDER": ("tei", {"url": found.url, "model": MODEL, "dimensions": DIMENSIONS}),
            "SPARSE_ENCODER": ("fastembed", {"model": "splade", "max_tokens": 128}),
            "RERANKER": ("fastembed", {"model": "pairs"}),
        }
        monkeypatch.setenv("CICERONE_MODELS_DIR", str(models))
        monkeypatch.setenv("CICERONE_RERANKER__ENABLED", "true")
        for capability, (plugin, options) in chosen.items():
            monkeypatch.setenv(f"CICERONE_{capability}__PLUGIN", plugin)
            monkeypatch.setenv(f"CICERONE_{capability}__OPTIONS", json.dumps(options))
        yield found


def test_documents_are_found_reranked_and_go_on_being_found_without_the_server(
    cli: Cli, documents: Path, service: JsonService
) -> None:
    health = cli("doctor", "--json").json()["capabilities"]
    shown = {name: (health[name]["plugin"], health[name]["model"]) for name in health}
    assert shown["embedder"] == ("tei", MODEL)
    assert shown["sparse_encoder"] == ("fastembed", "splade")
    assert shown["reranker"] == ("fastembed", "pairs")

    ingested = cli("ingest", documents, "--json")
    assert ingested.code == 0, ingested.out
    found = cli("search", QUESTION, "--rerank", "--json").json()
    assert found["reranked"] is True
    assert found["degraded"] == []
    assert found["hits"][0]["source"] == "ovens/calder.md"
    assert service.bodies("POST /embed")

    service.faults.extend([503] * 100)
    again = cli("search", QUESTION, "--json").json()
    assert again["hits"][0]["source"] == "ovens/calder.md"
    assert any("503" in left_out for left_out in again["degraded"])
