"""For each source a world that it reads, and in which a test can put and remove items."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import boto3

from tests.providers.source.site import Handler, Served

LOOPBACK = ["127.0.0.0/8"]


class World(Protocol):
    """Where a source finds its items."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Options of the plugin."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Add an item, or change it."""
        ...

    def remove(self, name: str) -> None:
        """Remove an item."""
        ...


class FolderWorld:
    """Files below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True)
        self.options: dict[str, Any] = {"root": root}

    def put(self, name: str, data: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, name: str) -> None:
        (self._root / name).unlink()


class LocalBucketWorld(FolderWorld):
    """Files below a folder, read as a bucket."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.options = {"url": root.as_uri()}


class S3World:
    """Objects of a bucket on a server."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        self._client.create_bucket(Bucket=bucket)
        self._bucket = bucket
        self.options = {
            "url": f"s3://{bucket}",
            "options": {"endpoint": endpoint, "region": "us-east-1"},
            "secrets": {"access_key_id": "test", "secret_access_key": "test"},
            "allow_http": True,
        }

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=name, Body=data)

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=name)

    def close(self) -> None:
        self._client.close()


class _Served:
    """Items on a web server, with tags."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._items: dict[str, bytes] = {}
        served.otherwise = self._answer

    def put(self, name: str, data: bytes) -> None:
        self._items[name] = data

    def remove(self, name: str) -> None:
        del self._items[name]

    def _answer(self, handler: Handler) -> None:
        data = self._items.get(urlsplit(handler.path).path.removeprefix("/files/"))
        if data is None:
            handler.reply(404, b"nothing here")
            return
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        if handler.headers.get("If-None-Match") == etag:
            handler.reply(304, b"", {"ETag": etag})
        else:
            handler.reply(200, data, {"ETag": etag, "Content-Type": "text/html"})


class WebWorld(_Served):
    """Pages that a sitemap lists."""

    def __init__(self, served: Served, **more: Any) -> None:
        super().__init__(served)
        served.answers["/sitemap.txt"] = self._sitemap
        self.options = {
            "sitemaps": [f"{served.root}/sitemap.txt"],
            "allow_networks": LOOPBACK,
            "ports": [served.port],
            "delay_s": 0,
            "retries": 0,
            **more,
        }

    def _sitemap(self, handler: Handler) -> None:
        lines = [f"{self._served.root}/files/{name}" for name in self._items]
        handler.reply(200, "\n".join(lines).encode(), {"Content-Type": "text/plain"})


class VendorWorld(_Served):
    """Documents that an interface lists, two a page."""

    def __init__(self, served: Served) -> None:
        super().__init__(served)
        served.answers["/v1/documents"] = self._list
        self.options = {
            "base_url": f"{served.root}/v1",
            "listing": {
                "path": "documents",
                "items": "data",
                "pagination": {"style": "page", "size_param": "size", "size": 2},
            },
            "fields": {"id": "id", "download": "file.url", "name": "id", "etag": "hash"},
            "requests_per_second": 1000,
            "allow_networks": LOOPBACK,
            "ports": [served.port],
            "retries": 0,
        }

    def _list(self, handler: Handler) -> None:
        page = int(parse_qs(urlsplit(handler.path).query)["page"][0])
        items = [
            {
                "id": name,
                "hash": hashlib.sha256(data).hexdigest(),
                "file": {"url": f"{self._served.root}/files/{name}"},
            }
            for name, data in self._items.items()
        ]
        body = json.dumps({"data": items[page * 2 - 2 : page * 2]}).encode()
        handler.reply(200, body, {"Content-Type": "application/json"})
