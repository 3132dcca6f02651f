"""Where vendors and products are kept, and licences are looked up."""

from collections.abc import Sequence

from sqlalchemy import select, update

from data.errors import RowNotFoundError
from data.models import Licence, Product, Vendor
from data.repositories.base import M, Repository, new_id


class ProvenanceRepository(Repository):
    """The vendors and products of a tenant, by the names that people use."""

    async def put_vendor(self, name: str, *, website: str | None = None) -> Vendor:
        """Return the vendor of that name, made when there is none; a website is remembered."""
        await self._insert(Vendor, [{"id": new_id(), "name": name}], ignore=True)
        values = {"deleted_at": None} | ({"website": website} if website is not None else {})
        await self._change(update(Vendor).where(Vendor.name == name).values(values), deleted=True)
        return _made(await self.vendor(name), "vendor", name)

    async def vendor(self, name: str) -> Vendor | None:
        """Return the vendor of that name."""
        return await self._one(select(Vendor).where(Vendor.name == name))

    async def vendors(self) -> Sequence[Vendor]:
        """Return all vendors, by name."""
        return await self._all(select(Vendor).order_by(Vendor.name))

    async def put_product(
        self, sku: str, *, name: str | None = None, vendor_id: str | None = None
    ) -> Product:
        """Return the product of that sku, made when there is none; what is given is remembered."""
        await self._insert(Product, [{"id": new_id(), "sku": sku}], ignore=True)
        given = {"name": name, "vendor_id": vendor_id}
        values = {key: value for key, value in given.items() if value is not None}
        changed = update(Product).where(Product.sku == sku).values(deleted_at=None, **values)
        await self._change(changed, deleted=True)
        return _made(await self.product(sku), "product", sku)

    async def ensure_product(self, sku: str, *, vendor: str | None = None) -> Product:
        """Return the product of that sku, made when there is none; a vendor is remembered."""
        maker = await self.put_vendor(vendor) if vendor is not None else None
        return await self.put_product(sku, vendor_id=maker.id if maker is not None else None)

    async def product(self, sku: str) -> Product | None:
        """Return the product of that sku."""
        return await self._one(select(Product).where(Product.sku == sku))

    async def products(self) -> Sequence[Product]:
        """Return all products, by sku."""
        return await self._all(select(Product).order_by(Product.sku))

    async def licence(self, name: str) -> Licence | None:
        """Return the licence of that name."""
        return await self._one(select(Licence).where(Licence.name == name))

    async def names_of(
        self, *, vendor_id: str | None, product_id: str | None, licence_id: str | None
    ) -> dict[str, str | None]:
        """Return the names (of a product, its sku) behind some ids."""
        queries = {
            "vendor": select(Vendor.name).where(Vendor.id == vendor_id),
            "product": select(Product.sku).where(Product.id == product_id),
            "licence": select(Licence.name).where(Licence.id == licence_id),
        }
        return {
            kind: (await self._session.execute(query)).scalar_one_or_none()
            for kind, query in queries.items()
        }


def _made(row: M | None, kind: str, name: str) -> M:
    if row is None:
        raise RowNotFoundError(f"the {kind} {name!r} could not be made")
    return row
