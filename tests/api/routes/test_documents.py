"""Uploading, listing, showing and deleting documents."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

from api.app import create_app
from service.container import Container
from service.settings import Settings

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
Upload = Callable[..., Awaitable[dict[str, Any]]]


def _file(name: str = "a.md", data: bytes = b"# A\n\nText.") -> tuple[str, tuple[str, bytes]]:
    return ("files", (name, data))


async def test_an_upload_becomes_a_job_and_a_document(
    client: httpx.AsyncClient, ended: Callable[..., Awaitable[dict[str, Any]]]
) -> None:
    response = await client.post(
        "/api/documents", files=[_file("a.md"), _file("b.md", b"# B\n\nOther text.")]
    )
    assert response.status_code == 202
    job = response.json()
    assert response.headers["location"] == f"/api/jobs/{job['job_id']}"
    assert job["total"] == 2
    assert (await ended(client, job["job_id"]))["status"] == "succeeded"
    page = (await client.get("/api/documents")).json()
    assert {row["source"] for row in page["documents"]} == {"a.md", "b.md"}
    assert page["total"] == 2


async def test_pages_and_filters_the_list(client: httpx.AsyncClient, upload: Upload) -> None:
    await upload(client, "a.md", b"# A\n\nText.")
    await upload(client, "b.md", b"# B\n\nText.", collection="other")
    one = (await client.get("/api/documents", params={"limit": 1, "offset": 1})).json()
    assert (len(one["documents"]), one["total"]) == (1, 2)
    other = (await client.get("/api/documents", params={"collection": "other"})).json()
    assert [row["source"] for row in other["documents"]] == ["b.md"]
    failed = (await client.get("/api/documents", params={"status": "failed"})).json()
    assert failed["total"] == 0
    assert (await client.get("/api/collections")).json() == ["default", "other"]


async def test_shows_and_deletes_a_document(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    address = f"/api/documents/{manual['document_id']}"
    assert (await client.get(address)).json()["source"] == "manual.md"
    assert (await client.delete(address)).status_code == 204
    for gone in (await client.get(address), await client.delete(address)):
        assert gone.status_code == 404
        assert gone.json()["type"] == "/problems/document-not-found"
    found = await client.post("/api/search", json={"query": "descale the boiler"})
    assert found.json()["hits"] == []


async def test_names_are_never_roots(client: httpx.AsyncClient, upload: Upload) -> None:
    data = "# Ü\n\nText."
    for sent, kept in (
        ("../../etc/passwd.md", "passwd.md"),
        ("/etc/motd.md", "motd.md"),
        ("C:\\docs\\plan.md", "plan.md"),
        ("manuals/boiler.md", "manuals/boiler.md"),
        ("Ü\u202egnp.md", "Ügnp.md"),
    ):
        document = await upload(client, sent, (data + sent).encode(), kept=kept)
        assert document["source"] == kept


BAD_IDS = [
    "x",
    "a%00b",
    "..%2f..%2fetc",
    "0" * 65,
    "%F0%9F%98%80",
    "00000000-0000-0000-0000-000000000000",
]


async def test_a_bad_id_is_a_problem(client: httpx.AsyncClient) -> None:
    for address in BAD_IDS:
        for suffix in ("", "/content"):
            response = await client.get(f"/api/documents/{address}{suffix}")
            assert response.status_code in (404, 422)
            assert response.headers["content-type"] == "application/problem+json"


WRONG_LISTS: list[tuple[dict[str, Any], int]] = [
    ({"collection": "nowhere"}, 404),
    ({"collection": "../x"}, 422),
    ({"status": "lost"}, 422),
    ({"limit": 0}, 422),
    ({"limit": 10**30}, 422),
    ({"offset": -1}, 422),
    ({"offset": 2**63}, 422),
]


async def test_refuses_a_wrong_list(client: httpx.AsyncClient) -> None:
    for params, status in WRONG_LISTS:
        response = await client.get("/api/documents", params=params)
        assert response.status_code == status, params
        assert response.json()["detail"]


_PART = b'Content-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
_TYPE = {"content-type": "multipart/form-data; boundary=b"}


WRONG_UPLOADS: list[tuple[dict[str, Any], int]] = [
    ({}, 415),
    ({"json": {"files": []}}, 415),
    ({"data": {"collection": "a"}}, 415),
    ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 415),
    ({"content": b"", "headers": _TYPE}, 400),
    ({"content": b"--b--\r\n", "headers": _TYPE}, 422),
    ({"content": b"rubbish", "headers": _TYPE}, 400),
    ({"content": b"--b\r\n" + _PART + b"cut", "headers": _TYPE}, 400),
    ({"files": [("other", ("a.md", b"a"))]}, 422),
    ({"files": [("files", ("", b""))]}, 422),
    ({"files": [_file("x/a.md"), _file("x//a.md")]}, 422),
    ({"files": [_file()], "data": {"collection": "No Such Name"}}, 422),
    ({"files": [_file()], "data": {"collection": "a\x00b"}}, 422),
    ({"files": [_file()], "data": {"collection": "a" * 5000}}, 422),
    ({"files": [_file()], "data": {"tenant": "other"}}, 422),
    ({"files": [_file(f"{number}.md") for number in range(101)]}, 422),
]


async def test_refuses_a_wrong_upload_and_leaves_nothing_behind(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    for options, status in WRONG_UPLOADS:
        response = await client.post("/api/documents", **options)
        assert response.status_code == status, (options, response.text)
        assert response.headers["content-type"] == "application/problem+json"
    folder = settings.home / "uploads"
    assert not folder.exists() or not list(folder.iterdir())
    assert (await client.get("/api/jobs")).json() == []


async def test_stops_reading_a_file_that_is_too_large(
    settings: Settings, container: Container, connect: Connect
) -> None:
    server = settings.server.model_copy(update={"max_upload_mb": 1})
    small = settings.model_copy(update={"server": server})
    sent = 0

    async def body() -> Any:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.pdf"\r\n\r\n'
        for _ in range(1000):
            sent += 2**16
            yield b"\0" * 2**16

    async with connect(create_app(small, container)) as client:
        response = await client.post("/api/documents", content=body(), headers=_TYPE)
    assert response.status_code == 413
    assert "big.pdf" in response.json()["detail"]
    assert sent < 3 * 2**20
    assert not list((settings.home / "uploads").iterdir())


async def test_large_files_reach_the_library_whole(
    client: httpx.AsyncClient, upload: Upload
) -> None:
    data = b"# Long\n\n" + b"A line of text about nothing.\n" * 50_000
    document = await upload(client, "long.md", data)
    assert document["bytes"] == len(data)
