"""The review of files that could not be used, over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from providers.principal import Role, local_principal

Ended = Callable[..., Awaitable[dict[str, Any]]]
KeyOf = Callable[[Role], Awaitable[dict[str, str]]]
GARBLED = ("Spülen Sie die Küchenmaschine gründlich. " * 20).encode().decode("cp1252").encode()


@pytest.fixture
async def garbled(client: httpx.AsyncClient, upload: Any) -> dict[str, Any]:
    """A file that was read in the wrong encoding before it came here."""
    found: dict[str, Any] = await upload(client, "kern.md", GARBLED)
    assert (found["status"], found["reason"]) == ("quarantined", "garbled")
    return found


async def waiting(client: httpx.AsyncClient, **params: str) -> list[str]:
    page = (await client.get("/api/quarantine", params=params)).json()
    assert page["total"] == len(page["documents"])
    return [row["source"] for row in page["documents"]]


async def test_it_is_listed_with_its_reason_and_what_to_do(
    client: httpx.AsyncClient, garbled: dict[str, Any], upload: Any
) -> None:
    await upload(client, "empty.md", b" ")
    assert set(await waiting(client)) == {"kern.md", "empty.md"}
    assert await waiting(client, reason="garbled") == ["kern.md"]
    assert set(await waiting(client, collection="default")) == {"kern.md", "empty.md"}
    shown = (await client.get(f"/api/quarantine/{garbled['document_id']}")).json()
    assert shown["releasable"] is True
    assert "release the file if it can be read" in shown["advice"]
    assert "max_garbled" in shown["message"]


async def test_a_released_file_is_taken_in_and_who_did_it_is_recorded(
    client: httpx.AsyncClient, garbled: dict[str, Any], ended: Ended, container: Any
) -> None:
    released = await client.post(f"/api/quarantine/{garbled['document_id']}/release")
    assert released.status_code == 202
    assert released.headers["Location"] == f"/api/jobs/{released.json()['job_id']}"
    await ended(client, released.json()["job_id"])

    shown = (await client.get(f"/api/documents/{garbled['document_id']}")).json()
    assert (shown["status"], shown["version"], shown["chunks"]) == ("indexed", 1, 1)
    assert await waiting(client) == []
    async with container.database.begin(local_principal(), read_only=True) as tx:
        (version,) = await tx.documents.versions(garbled["document_id"])
    assert (version.review, version.reviewed_by) == ("released", "local")
    assert version.reviewed_at is not None


async def test_a_hard_reason_cannot_be_released(client: httpx.AsyncClient, upload: Any) -> None:
    empty = await upload(client, "empty.md", b" ")

    refused = await client.post(f"/api/quarantine/{empty['document_id']}/release")

    assert refused.status_code == 409
    assert refused.json()["type"] == "/problems/not-releasable"
    assert "Replace the file" in refused.json()["detail"]
    assert await waiting(client) == ["empty.md"]


async def test_another_file_takes_its_name(
    client: httpx.AsyncClient, garbled: dict[str, Any], ended: Ended
) -> None:
    files = [("files", ("repaired.md", "# Kern\n\nSpülen Sie gründlich.\n".encode()))]
    address = f"/api/quarantine/{garbled['document_id']}/replace"

    replaced = await client.post(address, files=files)
    assert replaced.status_code == 202
    await ended(client, replaced.json()["job_id"])

    shown = (await client.get(f"/api/documents/{garbled['document_id']}")).json()
    assert (shown["source"], shown["status"], shown["version"]) == ("kern.md", "indexed", 2)
    assert await waiting(client) == []


async def test_a_replacement_is_one_file(
    client: httpx.AsyncClient, garbled: dict[str, Any]
) -> None:
    files = [("files", ("a.md", b"A")), ("files", ("b.md", b"B"))]

    refused = await client.post(f"/api/quarantine/{garbled['document_id']}/replace", files=files)

    assert refused.json()["type"] == "/problems/upload-refused"
    assert await waiting(client) == ["kern.md"]


async def test_a_dropped_file_is_gone(client: httpx.AsyncClient, garbled: dict[str, Any]) -> None:
    address = f"/api/quarantine/{garbled['document_id']}"

    assert (await client.delete(address)).status_code == 204

    assert await waiting(client) == []
    assert (await client.get(f"/api/documents/{garbled['document_id']}")).status_code == 404
    again = await client.delete(address)
    assert again.json()["type"] == "/problems/document-not-found"


async def test_a_bad_new_version_is_dropped_and_the_old_one_goes_on(
    client: httpx.AsyncClient, manual: dict[str, Any], upload: Any
) -> None:
    bad = await upload(client, "manual.md", GARBLED)
    shown = (await client.get(f"/api/quarantine/{bad['document_id']}")).json()
    assert (shown["version"], shown["answering"]) == (2, True)

    await client.delete(f"/api/quarantine/{bad['document_id']}")

    found = (await client.get(f"/api/documents/{manual['document_id']}")).json()
    assert (found["status"], found["version"], found["reason"]) == ("indexed", 1, None)


async def test_a_reader_reviews_nothing(
    client: httpx.AsyncClient, garbled: dict[str, Any], key_of: KeyOf
) -> None:
    reader = await key_of(Role.READER)
    address = f"/api/quarantine/{garbled['document_id']}"
    for response in (
        await client.get("/api/quarantine", headers=reader),
        await client.get(address, headers=reader),
        await client.post(f"{address}/release", headers=reader),
        await client.post(f"{address}/replace", headers=reader),
        await client.delete(address, headers=reader),
    ):
        assert response.status_code == 403
