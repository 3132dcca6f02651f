"""The sample company's shop: a small database of two tenants with its policy and questions."""

from examples.shop.making import SHOP, TENANTS, make_shop, sample_shop

__all__ = ["SHOP", "TENANTS", "make_shop", "sample_shop"]
