"""Where products and their vendors are kept."""

from sqlalchemy import select, update

from data.errors import RowNotFoundError
from data.models import Product, Vendor
from data.repositories.base import Repository, new_id


class ProductRepository(Repository):
    """The products of a tenant, by the names that its other systems use."""

    async def ensure(self, sku: str, *, vendor: str | None = None) -> Product:
        """Return the product of that name, made when there is none; a vendor is remembered."""
        await self._insert(Product, [{"id": new_id(), "sku": sku}], ignore=True)
        if vendor is not None:
            maker = await self.ensure_vendor(vendor)
            await self._change(update(Product).where(Product.sku == sku).values(vendor_id=maker.id))
        found = await self._one(select(Product).where(Product.sku == sku))
        if found is None:
            raise RowNotFoundError(f"the product {sku!r} could not be made")
        return found

    async def ensure_vendor(self, name: str) -> Vendor:
        """Return the vendor of that name, made when there is none."""
        await self._insert(Vendor, [{"id": new_id(), "name": name}], ignore=True)
        found = await self._one(select(Vendor).where(Vendor.name == name))
        if found is None:
            raise RowNotFoundError(f"the vendor {name!r} could not be made")
        return found
