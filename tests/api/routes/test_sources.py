"""Sources over HTTP, and what partners bring: genuine once, or nothing is left behind."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.principal import Role
from service.container import Container
from tests.providers.source.site import Served, serving

Ended = Callable[..., Awaitable[dict[str, Any]]]
KeyOf = Callable[[Role], Awaitable[dict[str, str]]]
SECRET = "a secret of thirty-two characters"
BODY = b"# Kettle\n\nDescale the kettle every 60 days.\n"


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


@pytest.fixture
async def partner(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """A source that takes deliveries and uploads; returns where they are sent."""
    monkeypatch.setenv("ACME_KEY", SECRET)
    options = {"keys": {"acme": "env:ACME_KEY"}, "upload_secret": "env:ACME_KEY", "max_mb": 1}
    body = {"name": "partner", "plugin": "push", "options": options}
    response = await client.post("/api/sources", json=body)
    assert response.status_code == 201, response.text
    return "/api/sources/partner/push"


def signed(body: bytes, *, secret: str = SECRET, age_s: float = 0, **more: str) -> dict[str, str]:
    """Return the headers of a delivery."""
    timestamp = str(int(time.time() - age_s))
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "X-Cicerone-Key": "acme",
        "X-Cicerone-Timestamp": timestamp,
        "X-Cicerone-Signature": f"sha256={digest.hexdigest()}",
        "Content-Type": "text/markdown",
        **more,
    }


def left_behind(container: Container) -> list[Path]:
    spool = container.settings.home / "spool"
    return [path for path in spool.rglob("*") if path.is_file()]


async def sources_of(client: httpx.AsyncClient) -> list[str]:
    listed = (await client.get("/api/documents")).json()["documents"]
    return sorted(row["source"] for row in listed)


async def test_a_source_is_set_up_crawled_and_removed(
    client: httpx.AsyncClient, tmp_path: Path, ended: Ended
) -> None:
    (tmp_path / "manuals").mkdir()
    (tmp_path / "manuals" / "kettle.md").write_bytes(BODY)
    spec = {"plugin": "folder", "options": {"root": str(tmp_path / "manuals")}}

    put = await client.put("/api/sources/manuals", json=spec)
    again = await client.put("/api/sources/manuals", json=spec)
    taken = await client.post("/api/sources", json={"name": "manuals", **spec})
    crawl = await client.post("/api/sources/manuals/crawl", json={})
    job = await ended(client, crawl.json()["job_id"])

    assert (put.json()["outcome"], again.json()["outcome"]) == ("created", "unchanged")
    assert (taken.status_code, taken.json()["type"]) == (409, "/problems/source-exists")
    assert crawl.status_code == 202
    assert crawl.headers["Location"] == f"/api/jobs/{job['job_id']}"
    assert (job["kind"], job["result"]["fetched"]) == ("crawl", 1)
    shown = (await client.get("/api/sources/manuals")).json()
    assert shown["items"] == {"indexed": 1}
    page = (await client.get("/api/sources/manuals/items", params={"state": "indexed"})).json()
    assert [item["name"] for item in page["items"]] == ["kettle.md"]
    history = (await client.get("/api/sources/manuals/crawls")).json()["crawls"]
    assert [crawl["trigger"] for crawl in history] == ["manual"]
    changed = await client.patch("/api/sources/manuals", json={"enabled": False})
    assert changed.json()["enabled"] is False
    closed = await client.post("/api/sources/manuals/crawl", json={})
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/source-closed")
    removed = await client.delete("/api/sources/manuals", params={"delete_documents": True})
    assert removed.json() == {"name": "manuals", "documents_deleted": 1}
    assert (await client.get("/api/sources/manuals")).status_code == 404


async def test_sources_are_for_administrators(client: httpx.AsyncClient, key_of: KeyOf) -> None:
    editor, reader = await key_of(Role.EDITOR), await key_of(Role.READER)
    spec = {"plugin": "web", "options": {"start": ["https://docs.example.com/"]}}
    for headers, method, path, body, status in (
        (editor, "PUT", "/api/sources/site", spec, 403),
        (editor, "DELETE", "/api/sources/site", None, 403),
        (editor, "POST", "/api/vendors", {"name": "Brisk"}, 200),
        (reader, "POST", "/api/vendors", {"name": "Brisk"}, 403),
        (reader, "POST", "/api/sources/site/crawl", {}, 403),
        (reader, "POST", "/api/sources/site/upload-urls", {"name": "a"}, 403),
        (reader, "GET", "/api/sources", None, 200),
        ({}, "GET", "/api/sources", None, 401),
    ):
        response = await client.request(method, path, headers=headers, json=body)
        assert response.status_code == status, (method, path)


async def test_a_signed_file_is_taken_in_without_a_key(
    client: httpx.AsyncClient, partner: str, key_of: KeyOf, ended: Ended, container: Container
) -> None:
    admin = await key_of(Role.ADMIN)
    response = await client.post(
        partner, params={"name": "../kettle.md"}, content=BODY, headers=signed(BODY)
    )

    assert response.status_code == 202, response.text
    client.headers.update(admin)
    job = await ended(client, response.json()["job_id"])
    assert job["result"]["reasons"] == {"fetched": {"indexed": 1}}
    assert await sources_of(client) == ["kettle.md"]
    assert left_behind(container) == []
    changed = BODY.replace(b"60", b"90")
    again = await client.post(
        partner, params={"name": "kettle.md"}, content=changed, headers=signed(changed)
    )
    await ended(client, again.json()["job_id"])
    (row,) = (await client.get("/api/documents")).json()["documents"]
    assert row["version"] == 2


REFUSALS: list[tuple[str, dict[str, Any], dict[str, str], int]] = [
    ("another secret", {"secret": "x" * 40}, {}, 401),
    ("an old timestamp", {"age_s": 3600}, {}, 403),
    ("a timestamp of the future", {"age_s": -3600}, {}, 403),
    ("an unknown key", {}, {"X-Cicerone-Key": "nobody"}, 401),
    ("no signature", {}, {"X-Cicerone-Signature": ""}, 400),
    ("no timestamp", {}, {"X-Cicerone-Timestamp": "yesterday"}, 400),
]


async def test_what_is_not_genuine_leaves_nothing_behind(
    client: httpx.AsyncClient, partner: str, container: Container
) -> None:
    for what, given, headers, status in REFUSALS:
        sent = signed(BODY, **given) | headers
        response = await client.post(partner, params={"name": "a.md"}, content=BODY, headers=sent)

        assert response.status_code == status, what
        assert response.json()["type"] == "/problems/push-refused", what
    assert left_behind(container) == []
    assert (await client.get("/api/jobs")).json() == []


async def test_another_body_and_a_replay_are_refused(
    client: httpx.AsyncClient, partner: str, container: Container, ended: Ended
) -> None:
    headers = signed(BODY)
    other = await client.post(
        partner, params={"name": "a.md"}, content=BODY + b"!", headers=headers
    )
    first = await client.post(partner, params={"name": "a.md"}, content=BODY, headers=headers)
    second = await client.post(partner, params={"name": "b.md"}, content=BODY, headers=headers)

    assert [other.status_code, first.status_code, second.status_code] == [401, 202, 409]
    await ended(client, first.json()["job_id"])
    assert await sources_of(client) == ["a.md"]
    assert left_behind(container) == []


async def test_what_is_too_large_is_cut_off(
    client: httpx.AsyncClient, partner: str, container: Container
) -> None:
    large = b"x" * (3 << 20)
    response = await client.post(
        partner, params={"name": "a.md"}, content=large, headers=signed(large)
    )
    assert (response.status_code, response.json()["type"]) == (413, "/problems/push-refused")
    assert left_behind(container) == []


async def test_a_delivery_needs_a_name_and_a_source_that_takes_it(
    client: httpx.AsyncClient, partner: str, tmp_path: Path
) -> None:
    spec = {"plugin": "folder", "options": {"root": str(tmp_path)}}
    await client.put("/api/sources/folder", json=spec)
    nameless = await client.post(partner, content=BODY, headers=signed(BODY))
    assert (nameless.status_code, nameless.json()["type"]) == (422, "/problems/delivery-invalid")
    for name in ("folder", "nowhere"):
        response = await client.post(
            f"/api/sources/{name}/push", params={"name": "a"}, content=BODY, headers=signed(BODY)
        )
        assert response.status_code == 404
        assert f"no source '{name}' takes deliveries here" in response.json()["detail"]


async def test_a_notice_fetches_under_the_rules_of_the_web_source(
    client: httpx.AsyncClient, partner: str, served: Served, ended: Ended
) -> None:
    served.text("/docs/kettle.txt", "Descale the kettle every 60 days.")
    served.text("/secret.txt", "Not for anyone.")
    web = {
        "start": [f"{served.root}/docs/"],
        "allow_prefixes": [f"{served.root}/docs/"],
        "allow_networks": ["127.0.0.0/8"],
        "ports": [served.port],
        "delay_s": 0,
    }
    await client.put("/api/sources/site", json={"plugin": "web", "options": web})

    async def notice(text: str) -> httpx.Response:
        body = text.encode()
        headers = signed(body) | {"Content-Type": "application/json"}
        return await client.post(partner, content=body, headers=headers)

    taken = await notice(f'{{"url": "{served.root}/docs/kettle.txt"}}')
    job = await ended(client, taken.json()["job_id"])
    assert job["result"]["source"] == "site"
    assert job["result"]["reasons"] == {"fetched": {"indexed": 1}}
    assert served.hits["/docs/"] == 0
    for text in (
        f'{{"url": "{served.root}/secret.txt"}}',
        '{"url": "http://169.254.169.254/latest/"}',
        '{"url": "file:///etc/passwd"}',
        '{"urls": []}',
        "not json",
        "{}",
    ):
        assert (await notice(text)).status_code == 422, text
    assert served.hits["/secret.txt"] == 0


async def test_a_notice_withdraws_what_was_pushed(
    client: httpx.AsyncClient, partner: str, ended: Ended
) -> None:
    sent = await client.post(partner, params={"name": "a.md"}, content=BODY, headers=signed(BODY))
    await ended(client, sent.json()["job_id"])
    body = b'{"name": "a.md", "gone": true}'
    headers = signed(body) | {"Content-Type": "application/json"}
    response = await client.post(partner, content=body, headers=headers)
    job = await ended(client, response.json()["job_id"])

    assert job["result"]["reasons"] == {"gone": {"deleted": 1}}
    assert await sources_of(client) == []


async def test_an_upload_address_is_good_for_one_file(
    client: httpx.AsyncClient, partner: str, ended: Ended, container: Container
) -> None:
    wanted = {"name": "../../manual.md", "max_mb": 0.5}
    made = (await client.post("/api/sources/partner/upload-urls", json=wanted)).json()
    assert (made["method"], made["name"]) == ("PUT", "manual.md")

    first = await client.put(made["path"], content=BODY)
    second = await client.put(made["path"], content=BODY)

    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["instance"] == "/api/uploads/…"
    job = await ended(client, first.json()["job_id"])
    assert job["result"]["fetched"] == 1
    assert await sources_of(client) == ["manual.md"]
    assert left_behind(container) == []


async def test_an_upload_that_is_too_large_too_late_or_forged_is_refused(
    client: httpx.AsyncClient, partner: str, container: Container
) -> None:
    async def path(**wanted: float) -> str:
        body = {"name": "a.md", **wanted}
        made = await client.post("/api/sources/partner/upload-urls", json=body)
        found: str = made.json()["path"]
        return found

    large = await client.put(await path(max_mb=0.001), content=b"x" * 4096)
    late = await path(expires_s=1)
    good = await path()
    await asyncio.sleep(2.1)

    assert large.status_code == 413
    assert (await client.put(late, content=BODY)).status_code == 403
    for forged in (good[:-3] + "abc", "/api/uploads/abc", "/api/uploads/" + "a.b.c" * 20):
        assert (await client.put(forged, content=BODY)).status_code == 401
    assert left_behind(container) == []
    assert await sources_of(client) == []


async def test_partners_are_counted_before_they_are_heard(
    client: httpx.AsyncClient, partner: str
) -> None:
    statuses = [
        (await client.post(partner, content=b"", headers={})).status_code for _ in range(61)
    ]
    assert set(statuses[:60]) == {400}
    assert statuses[60] == 429
