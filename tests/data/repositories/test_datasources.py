"""Datasources belong to a tenant."""

from data.database import Database
from providers.principal import Principal

VALUES = {"plugin": "sqlite", "url": "sqlite:///x", "sealed": "secret", "policy": {"tables": {}}}


async def test_a_name_is_given_once_a_tenant_and_free_again_after_removal(
    database: Database, alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        made = await tx.datasources.create("shop", VALUES)
        assert made is not None
        assert await tx.datasources.create("shop", VALUES) is None
    async with database.begin(bob) as tx:
        assert await tx.datasources.by_name("shop") is None
        assert await tx.datasources.create("shop", VALUES) is not None
    async with database.begin(alice) as tx:
        await tx.datasources.remove(made)
        assert not await tx.datasources.list()
        assert await tx.datasources.create("shop", VALUES) is not None
