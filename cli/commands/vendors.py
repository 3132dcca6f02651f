"""`cicerone vendors` and `cicerone products`."""

from typing import Annotated

import typer

from cli.options import JsonOption, examples

vendors = typer.Typer(no_args_is_help=True, help="Companies that documents come from.")
products = typer.Typer(no_args_is_help=True, help="What documents are about.")


def register(app: typer.Typer) -> None:
    """Add the groups."""
    app.add_typer(vendors, name="vendors")
    app.add_typer(products, name="products")


@vendors.command(
    "add", epilog=examples("cicerone vendors add Brisk --website https://brisk.example")
)
def add_vendor(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The company's name.", metavar="NAME")],
    website: Annotated[str | None, typer.Option(help="Its website.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a vendor; one that is there gets the website."""
    from cli.output import Output
    from cli.session import run_backend
    from service.source_schemas import VendorSpec

    spec = VendorSpec(name=name, website=website)
    found = run_backend(ctx, lambda backend: backend.sources.add_vendor(spec))
    Output(as_json=as_json).show(
        found, lambda out: out.print(f"{found.vendor_id}  {found.name}", markup=False)
    )


@vendors.command("list", epilog=examples("cicerone vendors list --json"))
def list_vendors(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the vendors by name."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.tables import table

    found = run_backend(ctx, lambda backend: backend.sources.vendors())
    rows = table("vendor", "name", "website")
    for vendor in found:
        rows.add_row(vendor.vendor_id, vendor.name, vendor.website)
    Output(as_json=as_json).show(
        {"vendors": [vendor.model_dump(mode="json") for vendor in found]},
        lambda out: out.print(rows.grid),
    )


@products.command(
    "add", epilog=examples("cicerone products add B-12 --name 'Brisk 12' --vendor Brisk")
)
def add_product(
    ctx: typer.Context,
    sku: Annotated[str, typer.Argument(help="The name that other systems use.", metavar="SKU")],
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Who makes it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add a product; one that is there gets what is given."""
    from cli.output import Output
    from cli.session import run_backend
    from service.source_schemas import ProductSpec

    spec = ProductSpec(sku=sku, name=name, vendor=vendor)
    found = run_backend(ctx, lambda backend: backend.sources.add_product(spec))
    Output(as_json=as_json).show(
        found, lambda out: out.print(f"{found.product_id}  {found.sku}", markup=False)
    )


@products.command("list", epilog=examples("cicerone products list --json"))
def list_products(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the products by sku."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.tables import table

    found = run_backend(ctx, lambda backend: backend.sources.products())
    rows = table("product", "sku", "name", "vendor")
    for product in found:
        rows.add_row(product.product_id, product.sku, product.name, product.vendor)
    Output(as_json=as_json).show(
        {"products": [product.model_dump(mode="json") for product in found]},
        lambda out: out.print(rows.grid),
    )
