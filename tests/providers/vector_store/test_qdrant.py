"""What only the server plugin does: its options and its errors."""

from pathlib import Path

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.registry import VECTOR_STORE, load
from providers.types import IndexSpec, Status


@pytest.mark.parametrize("options", [{}, {"url": "http://localhost:1", "path": ":memory:"}])
def test_one_place_must_be_named(options: dict[str, str]) -> None:
    with pytest.raises(ProviderError, match="either url"):
        load(VECTOR_STORE, "qdrant", options)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
async def test_a_server_that_is_down_is_unavailable() -> None:
    options = {"url": "http://127.0.0.1:9", "api_key": "secret-key", "timeout_s": 1}
    store = load(VECTOR_STORE, "qdrant", options)
    health = await store.check()
    assert health.status is Status.UNAVAILABLE
    assert "secret-key" not in health.detail
    with pytest.raises(TransientProviderError):
        await store.count("c1", "t")
    await store.aclose()


async def test_a_local_folder_keeps_its_points(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "local")}
    store = load(VECTOR_STORE, "qdrant", options)
    await store.ensure("c1", IndexSpec(dimensions=4))
    await store.aclose()
    again = load(VECTOR_STORE, "qdrant", options)
    with pytest.raises(ProviderError):
        await again.ensure("c1", IndexSpec(dimensions=8))
    await again.aclose()
