"""Sources of a running server: the same calls over HTTP."""

import builtins
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from cli.problems import Problem, ProblemError
from cli.sse import ServerEvent
from service.schemas import JobRead
from service.source_schemas import (
    CrawlHistory,
    ItemPage,
    NewSource,
    ProductRead,
    ProductSpec,
    Removed,
    SourceChange,
    SourceList,
    SourcePut,
    SourceRead,
    SourceSpec,
    UploadUrl,
    UploadUrlRequest,
    VendorRead,
    VendorSpec,
)

ShapeT = TypeVar("ShapeT", bound=BaseModel)
Send = Callable[..., Awaitable[httpx.Response]]
Stream = Callable[..., AsyncIterator[ServerEvent]]


class RemoteSources:
    """Speaks the native API; `send` and `stream` are the backend's own."""

    def __init__(self, send: Send, stream: Stream) -> None:
        self._send = send
        self._stream = stream

    async def add(self, new: NewSource) -> SourceRead:
        """Set up a source."""
        return await self._ask(SourceRead, "POST", "", json=_body(new))

    async def put(self, name: str, spec: SourceSpec) -> SourcePut:
        """Let there be a source exactly like that."""
        return await self._ask(SourcePut, "PUT", f"/{name}", json=_body(spec))

    async def update(self, name: str, change: SourceChange) -> SourceRead:
        """Change some things of a source."""
        body = change.model_dump(mode="json", exclude_unset=True)
        return await self._ask(SourceRead, "PATCH", f"/{name}", json=body)

    async def list(self) -> SourceList:
        """List the sources."""
        return await self._ask(SourceList, "GET", "")

    async def show(self, name: str) -> SourceRead:
        """Show a source."""
        return await self._ask(SourceRead, "GET", f"/{name}")

    async def remove(self, name: str, *, delete_documents: bool) -> Removed:
        """Remove a source."""
        params = {"delete_documents": delete_documents}
        return await self._ask(Removed, "DELETE", f"/{name}", params=params)

    async def crawl(self, name: str, *, ignore_window: bool) -> JobRead:
        """Crawl a source now."""
        body = {"ignore_window": ignore_window}
        return await self._ask(JobRead, "POST", f"/{name}/crawl", json=body)

    async def watch(self, name: str) -> AsyncIterator[JobRead]:
        """Crawl at each change; yields each crawl's job when it has ended."""
        async for event in self._stream("GET", f"/api/sources/{name}/watch"):
            if event.name == "error":
                raise ProblemError(Problem.model_validate_json(event.data))
            yield JobRead.model_validate_json(event.data)

    async def items(
        self, name: str, *, state: str | None, reason: str | None, after: str, limit: int
    ) -> ItemPage:
        """List what a source has, or had."""
        wanted = {"state": state, "reason": reason, "after": after, "limit": limit}
        params = {key: value for key, value in wanted.items() if value is not None}
        return await self._ask(ItemPage, "GET", f"/{name}/items", params=params)

    async def history(self, name: str, limit: int) -> CrawlHistory:
        """List the newest crawls first."""
        return await self._ask(CrawlHistory, "GET", f"/{name}/crawls", params={"limit": limit})

    async def upload_url(self, name: str, wanted: UploadUrlRequest) -> UploadUrl:
        """Make an address for one upload."""
        return await self._ask(UploadUrl, "POST", f"/{name}/upload-urls", json=_body(wanted))

    async def add_vendor(self, spec: VendorSpec) -> VendorRead:
        """Let there be a vendor."""
        response = await self._send("POST", "/api/vendors", json=_body(spec))
        return VendorRead.model_validate_json(response.content)

    async def vendors(self) -> builtins.list[VendorRead]:
        """List the vendors."""
        response = await self._send("GET", "/api/vendors")
        return [VendorRead.model_validate(item) for item in response.json()]

    async def add_product(self, spec: ProductSpec) -> ProductRead:
        """Let there be a product."""
        response = await self._send("POST", "/api/products", json=_body(spec))
        return ProductRead.model_validate_json(response.content)

    async def products(self) -> builtins.list[ProductRead]:
        """List the products."""
        response = await self._send("GET", "/api/products")
        return [ProductRead.model_validate(item) for item in response.json()]

    async def _ask(self, shape: type[ShapeT], method: str, path: str, **options: Any) -> ShapeT:
        response = await self._send(method, f"/api/sources{path}", **options)
        return shape.model_validate_json(response.content)


def _body(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json")
