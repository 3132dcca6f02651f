"""A vendor's interface that checks tokens, signatures and rates as vendors do."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.protocols import Source
from providers.registry import SOURCE, load
from providers.source.types import Failed, Fetched, Gone, Unchanged, UnchangedBy, Validators
from tests.providers.source.crawls import crawl, only, outcomes, remember
from tests.providers.source.site import Handler, Served, serving
from tests.providers.source.worlds import LOOPBACK

SECRET = "the-client's secret/+"
SIGNING_SECRET = "a-signing-secret"


@dataclass
class Vendor:
    """A vendor with a token end point and a list of documents."""

    served: Served
    life_s: int = 3600
    tokens: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    documents: list[dict[str, Any]] = field(default_factory=list)
    page: Callable[[list[dict[str, Any]], Mapping[str, str]], tuple[Any, dict[str, str]]] | None = (
        None
    )
    faults: list[str] = field(default_factory=list)

    def token(self, handler: Handler) -> None:
        form = parse_qs(handler.body().decode())
        expected = "Basic " + base64.b64encode(b"me:the-client%27s+secret%2F%2B").decode()
        if handler.headers["Authorization"] != expected or handler.command != "POST":
            handler.reply(401, b'{"error": "invalid_client"}')
            return
        if form != {"grant_type": ["client_credentials"], "scope": ["read"]}:
            handler.reply(400, b'{"error": "invalid_request"}')
            return
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        self.good = {self.tokens[-1]}
        answer = {"access_token": self.tokens[-1], "expires_in": self.life_s}
        handler.reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def guarded(self, answer: Callable[[Handler], None]) -> Callable[[Handler], None]:
        """Answer those only who have a good token and signed their request."""

        def check(handler: Handler) -> None:
            if handler.headers.get("Authorization", "").removeprefix("Bearer ") not in self.good:
                handler.reply(401, b"")
            elif not self.is_signed(handler):
                self.faults.append("signature")
                handler.reply(403, b"")
            else:
                answer(handler)

        return check

    def is_signed(self, handler: Handler) -> bool:
        timestamp = handler.headers.get("X-Timestamp", "0")
        empty = hashlib.sha256(b"").hexdigest()
        signed = f"{handler.command}\n{handler.path}\n{timestamp}\n{empty}".encode()
        expected = hmac.new(SIGNING_SECRET.encode(), signed, "sha256").hexdigest()
        return (
            handler.headers.get("X-Key-Id") == "key-1"
            and abs(time.time() - int(timestamp)) < 10
            and handler.headers.get("X-Signature") == expected
        )

    def list(self, handler: Handler) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(handler.path).query).items()}
        body, headers = (self.page or _all)(self.documents, query)
        given = {"Content-Type": "application/json", **headers}
        handler.reply(200, json.dumps(body).encode(), given)

    def add(self, number: int, **more: Any) -> None:
        """Add a document, whose file stands on this server."""
        path = f"/v1/files/{number}"
        self.served.answers[path] = self.guarded(
            lambda handler: handler.reply(
                200, f"text {number}".encode(), {"Content-Type": "text/plain"}
            )
        )
        listed = {"id": number, "title": f"Manual {number}", "file": [{"href": f"files/{number}"}]}
        self.documents.append({**listed, **more})


def _all(documents: list[dict[str, Any]], _query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    return {"data": {"items": documents}}, {}


@pytest.fixture
def vendor(served: Served) -> Vendor:
    found = Vendor(served)
    served.answers["/oauth/token"] = found.token
    served.answers["/v1/documents"] = found.guarded(found.list)
    for number in range(1, 6):
        found.add(number, licence={"code": "CC-BY-4.0"}, updated=f"2026-01-0{number}T00:00:00Z")
    return found


def source_of(served: Served, **changed: Any) -> Source:
    options: dict[str, Any] = {
        "base_url": f"{served.root}/v1",
        "oauth2": {
            "token_url": f"{served.root}/oauth/token",
            "client_id": "me",
            "client_secret": SECRET,
            "scope": "read",
        },
        "signing": {"key_id": "key-1", "secret": SIGNING_SECRET},
        "listing": {"path": "/documents", "query": {"kind": "manual"}, "items": "$.data.items"},
        "fields": {
            "id": "id",
            "name": "title",
            "download": "file.0.href",
            "licence": "licence.code",
            "updated_at": "updated",
        },
        "requests_per_second": 1000,
        "allow_networks": LOOPBACK,
        "ports": [served.port],
        "retries": 0,
    }
    return load(SOURCE, "vendor_api", options | changed)


async def test_documents_come_with_name_and_licence(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    source, known = source_of(served), dict[str, Validators]()
    arrivals = await crawl(source, tmp_path, known)
    assert outcomes(arrivals) == {"Fetched": 5}
    first = arrivals[0]
    assert isinstance(first, Fetched)
    assert first.uri == f"{served.root}/v1/documents/1"
    assert (first.name, first.licence, first.media_type) == ("Manual 1", "CC-BY-4.0", "text/plain")
    assert str(first.modified_at) == "2026-01-01 00:00:00+00:00"
    assert first.path.read_text() == "text 1"
    assert vendor.tokens == ["token-1"] and vendor.faults == []
    remember(known, arrivals)
    served.forget()
    vendor.documents[1]["updated"] = "2026-02-01T00:00:00Z"
    del vendor.documents[4]
    again = await crawl(source, tmp_path, known)
    assert [type(one) for one in again] == [Unchanged, Unchanged, Unchanged, Unchanged, Gone]
    assert [one.by for one in again if isinstance(one, Unchanged)] == [
        UnchangedBy.LAST_MODIFIED,
        UnchangedBy.SHA256,
        UnchangedBy.LAST_MODIFIED,
        UnchangedBy.LAST_MODIFIED,
    ]
    assert served.hits.total() == 2  # the list, and the one that says it has changed
    assert vendor.tokens == ["token-1"]  # kept from crawl to crawl


async def test_a_token_that_was_revoked_is_renewed_once(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    source = source_of(served)
    await crawl(source, tmp_path)
    vendor.good.clear()
    assert outcomes(await crawl(source, tmp_path)) == {"Fetched": 5}
    assert len(vendor.tokens) == 2


async def test_a_token_that_is_never_good_is_not_asked_for_again_and_again(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    served.answers["/v1/documents"] = lambda handler: handler.reply(401, b"")
    with pytest.raises(ProviderError, match="401"):
        await crawl(source_of(served), tmp_path)
    assert len(vendor.tokens) == 2


async def test_a_token_is_renewed_before_it_expires(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.life_s = 0
    await crawl(source_of(served), tmp_path)
    assert len(vendor.tokens) == 6  # one a request: none is good for long enough


async def test_wrong_credentials_are_said_so(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    oauth2 = {"token_url": f"{served.root}/oauth/token", "client_id": "me", "client_secret": "no"}
    with pytest.raises(ProviderError, match=r"no token from .*401") as caught:
        await crawl(source_of(served, oauth2=oauth2), tmp_path)
    assert not isinstance(caught.value, TransientProviderError)
    signing = {"key_id": "key-1", "secret": "no"}
    with pytest.raises(ProviderError, match="403"):
        await crawl(source_of(served, signing=signing), tmp_path)


async def test_a_vendor_that_is_down_may_come_back(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    served.text("/v1/documents", "", 503)
    known = {f"{served.root}/v1/documents/1": Validators(sha256="0")}
    with pytest.raises(TransientProviderError):
        await crawl(source_of(served), tmp_path, known)


async def test_another_host_sees_no_secret(served: Served, vendor: Vendor, tmp_path: Path) -> None:
    with serving() as storage:
        storage.text("/signed", "from elsewhere")
        served.text("/v1/files/1", "", 302, Location=f"{storage.root}/signed")
        vendor.documents = vendor.documents[:1]
        headers = {"X-Api-Key": "static"}
        source = source_of(served, ports=[served.port, storage.port], headers=headers)
        arrival = await only(source, tmp_path)
        assert isinstance(arrival, Fetched)
        assert arrival.path.read_text() == "from elsewhere"
        assert served.headers["/v1/files/1"][0]["X-Api-Key"] == "static"
        seen = {name.lower() for name in storage.headers["/signed"][0]}
        assert not seen & {"authorization", "x-api-key", "x-signature", "x-key-id"}


async def test_a_download_from_a_private_address_is_refused(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.documents = [{"id": 1, "file": [{"href": "http://169.254.169.254/latest"}]}]
    ports = [served.port, 80]
    assert outcomes(await crawl(source_of(served, ports=ports), tmp_path)) == {"private_address": 1}


def _paged(documents: list[dict[str, Any]], query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    size, page = int(query["size"]), int(query["p"])
    return documents[(page - 1) * size : page * size], {}


def _offset(
    documents: list[dict[str, Any]], query: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:
    offset, limit = int(query["offset"]), int(query["limit"])
    return documents[offset : offset + limit], {}


def _cursor(
    documents: list[dict[str, Any]], query: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:
    begin = int(query.get("after", "0"))
    following = begin + 2 if begin + 2 < len(documents) else None
    return {"items": documents[begin : begin + 2], "meta": {"next": following}}, {}


def _link(documents: list[dict[str, Any]], query: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
    begin = int(query.get("from", "0"))
    more = {"Link": f'</v1/documents?from={begin + 2}>; rel="next", </x>; rel="first"'}
    return documents[begin : begin + 2], more if begin + 2 < len(documents) else {}


@pytest.mark.parametrize(
    ("page", "listed"),
    [
        (_paged, {"style": "page", "param": "p", "size_param": "size", "size": 2}),
        (_paged, {"style": "page", "param": "p", "size_param": "size", "size": 5}),
        (_offset, {"style": "offset", "limit": 2}),
        (_cursor, {"style": "cursor", "param": "after", "next": "meta.next"}),
        (_link, {"style": "link"}),
    ],
)
async def test_lists_are_paged_in_every_style(
    served: Served, vendor: Vendor, tmp_path: Path, page: Any, listed: Mapping[str, object]
) -> None:
    vendor.page = page
    items = "items" if page is _cursor else ""
    listing = {"path": "documents", "items": items, "pagination": listed}
    assert outcomes(await crawl(source_of(served, listing=listing), tmp_path)) == {"Fetched": 5}
    assert vendor.faults == []


async def test_a_list_without_end_is_noticed(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.page = lambda documents, query: ({"items": [], "next": "same"}, {})
    pagination = {"style": "cursor", "next": "next"}
    listing = {"path": "documents", "items": "items", "pagination": pagination}
    with pytest.raises(ProviderError, match="comes back"):
        await crawl(source_of(served, listing=listing), tmp_path)
    vendor.page = lambda documents, query: (
        {"items": [], "next": int(query.get("cursor", "0")) + 1},
        {},
    )
    with pytest.raises(ProviderError, match="max_pages"):
        await crawl(source_of(served, listing={**listing, "max_pages": 3}), tmp_path)


async def test_odd_items_do_not_stop_the_others(
    served: Served, vendor: Vendor, tmp_path: Path
) -> None:
    odd: list[Any] = [
        {"id": 7},
        {"file": [{"href": "x"}]},
        "text",
        {"id": 8, "file": [{"href": "ftp://elsewhere.example/x"}]},
        vendor.documents[0],
        {"id": "a/b", "file": [{"href": "files/1"}]},
    ]
    vendor.documents += odd
    arrivals = await crawl(source_of(served), tmp_path)
    assert outcomes(arrivals) == {"Fetched": 6, "Failed": 3, "duplicate_url": 1, "outside": 1}
    assert not [one for one in arrivals if isinstance(one, Failed) and one.transient]
    assert f"{served.root}/v1/documents/a%2Fb" in {one.uri for one in arrivals}


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": {"items": 5}}', b"[" * 100_000])
async def test_an_answer_that_is_no_list_is_said_so(
    served: Served, vendor: Vendor, tmp_path: Path, body: bytes
) -> None:
    served.answers["/v1/documents"] = lambda handler: handler.reply(200, body)
    with pytest.raises(ProviderError):
        await crawl(source_of(served), tmp_path)


async def test_the_rate_is_kept(served: Served, vendor: Vendor, tmp_path: Path) -> None:
    began = time.monotonic()
    await crawl(source_of(served, requests_per_second=10), tmp_path)
    assert len(served.moments) == 7
    assert time.monotonic() - began >= 0.6


async def test_no_secret_shows(served: Served, vendor: Vendor, tmp_path: Path) -> None:
    source = source_of(served)
    await crawl(source, tmp_path)
    shown = f"{vars(source)} {await source.check()} {source.rules_version}"
    assert SECRET not in shown and SIGNING_SECRET not in shown
