"""What only this plugin does: options, files on disk, errors of a bucket."""

from pathlib import Path

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.object_store.obstore import ObstoreConfig, ObstoreStore
from providers.registry import OBJECT_STORE, load
from providers.types import Status

DOWN = {
    "url": "s3://documents",
    "options": {"endpoint": "http://127.0.0.1:9", "region": "us-east-1"},
    "secrets": {"access_key_id": "test", "secret_access_key": "hidden-key"},
    "allow_http": True,
    "retries": 0,
}


async def test_a_local_object_is_a_plain_file(tmp_path: Path) -> None:
    store = ObstoreStore(ObstoreConfig(data_dir=tmp_path))
    await store.put("raw/acme/a.txt", b"text", metadata={"sha256": "x"})
    assert (tmp_path / "objects" / "raw" / "acme" / "a.txt").read_bytes() == b"text"
    await store.delete("raw/acme/a.txt")
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


async def test_a_file_put_there_by_hand_has_no_metadata(tmp_path: Path) -> None:
    (tmp_path / "objects" / "raw").mkdir(parents=True)
    (tmp_path / "objects" / "raw" / "x").write_bytes(b"abc")
    info = await ObstoreStore(ObstoreConfig(data_dir=tmp_path)).head("raw/x")
    assert (info.size, dict(info.metadata)) == (3, {})


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("a file", "utf-8")
    health = await ObstoreStore(ObstoreConfig(data_dir=tmp_path)).check()
    assert health.status is Status.UNAVAILABLE


async def test_a_bucket_that_is_down_may_come_back() -> None:
    store = load(OBJECT_STORE, "obstore", DOWN)
    health = await store.check()
    assert health.status is Status.UNAVAILABLE
    assert "hidden-key" not in health.detail
    with pytest.raises(TransientProviderError):
        await store.get("raw/x")


async def test_an_address_of_no_kind_is_said_so() -> None:
    store = load(OBJECT_STORE, "obstore", {"url": "gopher://x"})
    with pytest.raises(ProviderError, match=r"object_store\.options\.url"):
        await store.get("raw/x")
    assert (await store.check()).status is Status.UNAVAILABLE


def test_secrets_do_not_show() -> None:
    assert "hidden-key" not in repr(ObstoreConfig.model_validate(DOWN))
