"""API keys are shown once, work until revoked, and stay in their tenant."""

import pytest

from providers.principal import Principal, Role, local_principal
from service.container import Container
from service.errors import ForbiddenError, KeyNotFoundError

OWNER = local_principal()


async def test_a_key_authenticates_until_it_is_revoked(container: Container) -> None:
    assert not await container.keys.exist()
    made = await container.keys.create(OWNER, "ci", Role.READER)
    assert await container.keys.exist()
    principal = await container.keys.authenticate(made.secret)
    assert principal is not None
    assert (principal.tenant_id, principal.roles) == ("default", frozenset({Role.READER}))
    await container.keys.revoke(OWNER, made.key_id)
    assert await container.keys.authenticate(made.secret) is None
    assert not await container.keys.exist()


@pytest.mark.parametrize("secret", ["", "ck_", "ck_" + "a" * 43, "nonsense", "ck_\x00"])
async def test_a_wrong_secret_is_nobody(container: Container, secret: str) -> None:
    await container.keys.create(OWNER, "ci", Role.READER)
    assert await container.keys.authenticate(secret) is None


async def test_the_secret_is_not_stored(container: Container) -> None:
    made = await container.keys.create(OWNER, "ci", Role.EDITOR)
    listed = await container.keys.list(OWNER)
    assert made.secret not in listed[0].model_dump_json()
    async with container.database.begin(OWNER) as tx:
        row = await tx.api_keys.get(made.key_id)
    assert row is not None
    assert made.secret not in (row.hash, row.prefix)


async def test_keys_belong_to_admins_of_their_tenant(container: Container) -> None:
    made = await container.keys.create(OWNER, "ci", Role.READER)
    reader = Principal(tenant_id="default", subject="r", roles=frozenset({Role.EDITOR}))
    with pytest.raises(ForbiddenError):
        await container.keys.list(reader)
    stranger = Principal(tenant_id="other", subject="s", roles=frozenset({Role.ADMIN}))
    with pytest.raises(KeyNotFoundError):
        await container.keys.revoke(stranger, made.key_id)


async def test_the_local_token_is_the_local_principal(container: Container) -> None:
    assert await container.keys.authenticate(container.local_token) == OWNER
