"""Sources in this process: the service as the one local administrator."""

import builtins
from collections.abc import AsyncIterator

from data.models import ItemState
from providers.principal import local_principal
from service.container import Container
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


class LocalSources:
    """Calls the service."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._sources = container.sources
        self._principal = local_principal()

    async def add(self, new: NewSource) -> SourceRead:
        """Set up a source."""
        return await self._sources.add(self._principal, new)

    async def put(self, name: str, spec: SourceSpec) -> SourcePut:
        """Let there be a source exactly like that."""
        return await self._sources.put(self._principal, name, spec)

    async def update(self, name: str, change: SourceChange) -> SourceRead:
        """Change some things of a source."""
        return await self._sources.update(self._principal, name, change)

    async def list(self) -> SourceList:
        """List the sources."""
        return await self._sources.list(self._principal)

    async def show(self, name: str) -> SourceRead:
        """Show a source."""
        return await self._sources.show(self._principal, name)

    async def remove(self, name: str, *, delete_documents: bool) -> Removed:
        """Remove a source."""
        return await self._sources.remove(self._principal, name, delete_documents=delete_documents)

    async def crawl(self, name: str, *, ignore_window: bool) -> JobRead:
        """Crawl a source now."""
        return await self._sources.crawl(self._principal, name, ignore_window=ignore_window)

    def watch(self, name: str) -> AsyncIterator[JobRead]:
        """Crawl at each change; yields each crawl's job when it has ended."""
        return self._container.watching.watch(self._principal, name)

    async def items(
        self, name: str, *, state: str | None, reason: str | None, after: str, limit: int
    ) -> ItemPage:
        """List what a source has, or had."""
        return await self._sources.items(
            self._principal,
            name,
            state=ItemState(state) if state else None,
            reason=reason,
            after=after,
            limit=limit,
        )

    async def history(self, name: str, limit: int) -> CrawlHistory:
        """List the newest crawls first."""
        return await self._sources.history(self._principal, name, limit=limit)

    async def upload_url(self, name: str, wanted: UploadUrlRequest) -> UploadUrl:
        """Make an address for one upload."""
        return await self._container.deliveries.grant(self._principal, name, wanted)

    async def add_vendor(self, spec: VendorSpec) -> VendorRead:
        """Let there be a vendor."""
        return await self._container.origins.add_vendor(self._principal, spec)

    async def vendors(self) -> builtins.list[VendorRead]:
        """List the vendors."""
        return await self._container.origins.vendors(self._principal)

    async def add_product(self, spec: ProductSpec) -> ProductRead:
        """Let there be a product."""
        return await self._container.origins.add_product(self._principal, spec)

    async def products(self) -> builtins.list[ProductRead]:
        """List the products."""
        return await self._container.origins.products(self._principal)
