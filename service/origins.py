"""Vendors and products: who documents come from, and what they are about."""

from data.database import Database
from providers.principal import Principal, Role
from service.errors import ForbiddenError
from service.source_schemas import ProductRead, ProductSpec, VendorRead, VendorSpec


class Origins:
    """Vendors and products of the principal's tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_vendor(self, principal: Principal, spec: VendorSpec) -> VendorRead:
        """Let there be a vendor; one that is there gets the website."""
        _require_editor(principal)
        async with self._database.begin(principal) as tx:
            row = await tx.provenance.put_vendor(spec.name, website=spec.website)
            return VendorRead(vendor_id=row.id, name=row.name, website=row.website)

    async def vendors(self, principal: Principal) -> list[VendorRead]:
        """List the vendors by name."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.provenance.vendors()
        return [VendorRead(vendor_id=row.id, name=row.name, website=row.website) for row in rows]

    async def add_product(self, principal: Principal, spec: ProductSpec) -> ProductRead:
        """Let there be a product; one that is there gets what is given."""
        _require_editor(principal)
        async with self._database.begin(principal) as tx:
            maker = await tx.provenance.put_vendor(spec.vendor) if spec.vendor else None
            row = await tx.provenance.put_product(
                spec.sku, name=spec.name, vendor_id=maker.id if maker else None
            )
            names = {vendor.id: vendor.name for vendor in await tx.provenance.vendors()}
        vendor = names.get(row.vendor_id or "")
        return ProductRead(product_id=row.id, sku=row.sku, name=row.name, vendor=vendor)

    async def products(self, principal: Principal) -> list[ProductRead]:
        """List the products by sku."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.provenance.products()
            names = {vendor.id: vendor.name for vendor in await tx.provenance.vendors()}
        return [
            ProductRead(
                product_id=row.id,
                sku=row.sku,
                name=row.name,
                vendor=names.get(row.vendor_id or ""),
            )
            for row in rows
        ]


def _require_editor(principal: Principal) -> None:
    if not principal.may(Role.EDITOR):
        raise ForbiddenError("vendors and products are kept by a principal with the role 'editor'")
