"""What the commands need of the service about sources, wherever it runs."""

import builtins
from collections.abc import AsyncIterator
from typing import Protocol

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


class SourceCalls(Protocol):
    """Sources, vendors and products."""

    async def add(self, new: NewSource) -> SourceRead:
        """Set up a source."""
        ...

    async def put(self, name: str, spec: SourceSpec) -> SourcePut:
        """Let there be a source exactly like that."""
        ...

    async def update(self, name: str, change: SourceChange) -> SourceRead:
        """Change some things of a source."""
        ...

    async def list(self) -> SourceList:
        """List the sources."""
        ...

    async def show(self, name: str) -> SourceRead:
        """Show a source."""
        ...

    async def remove(self, name: str, *, delete_documents: bool) -> Removed:
        """Remove a source."""
        ...

    async def crawl(self, name: str, *, ignore_window: bool) -> JobRead:
        """Crawl a source now."""
        ...

    def watch(self, name: str) -> AsyncIterator[JobRead]:
        """Crawl at each change; yields each crawl's job when it has ended."""
        ...

    async def items(
        self, name: str, *, state: str | None, reason: str | None, after: str, limit: int
    ) -> ItemPage:
        """List what a source has, or had."""
        ...

    async def history(self, name: str, limit: int) -> CrawlHistory:
        """List the newest crawls first."""
        ...

    async def upload_url(self, name: str, wanted: UploadUrlRequest) -> UploadUrl:
        """Make an address for one upload."""
        ...

    async def add_vendor(self, spec: VendorSpec) -> VendorRead:
        """Let there be a vendor."""
        ...

    async def vendors(self) -> builtins.list[VendorRead]:
        """List the vendors."""
        ...

    async def add_product(self, spec: ProductSpec) -> ProductRead:
        """Let there be a product."""
        ...

    async def products(self) -> builtins.list[ProductRead]:
        """List the products."""
        ...
