"""Vendors and products."""

from fastapi import APIRouter

from api.dependencies import Editor, Reader, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.source_schemas import ProductRead, ProductSpec, VendorRead, VendorSpec

router = APIRouter(prefix="/api", tags=["sources"], route_class=StrictRoute)


@router.get("/vendors", summary="List vendors", responses=problems())
async def list_vendors(services: Services, principal: Reader) -> list[VendorRead]:
    """List the companies that documents come from."""
    return await services.origins.vendors(principal)


@router.post("/vendors", summary="Add a vendor", responses=problems(400, 413))
async def add_vendor(services: Services, principal: Editor, body: VendorSpec) -> VendorRead:
    """Let there be a vendor; one of that name gets the website."""
    return await services.origins.add_vendor(principal, body)


@router.get("/products", summary="List products", responses=problems())
async def list_products(services: Services, principal: Reader) -> list[ProductRead]:
    """List what documents are about."""
    return await services.origins.products(principal)


@router.post("/products", summary="Add a product", responses=problems(400, 413))
async def add_product(services: Services, principal: Editor, body: ProductSpec) -> ProductRead:
    """Let there be a product; one of that sku gets what is given."""
    return await services.origins.add_product(principal, body)
