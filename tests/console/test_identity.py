"""Who sits in front of the browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.problems import ProblemError
from console.identity import SESSION_S, Door
from providers.principal import Role, local_principal
from service.container import Container, open_container
from service.settings import PluginSettings, Settings

LOOPBACK = "127.0.0.1"


@pytest.fixture
async def container(tmp_path: Path) -> AsyncIterator[Container]:
    settings = Settings(
        home=tmp_path,
        embedder=PluginSettings(plugin="hashing"),
        reranker=PluginSettings(plugin="late_interaction", enabled=False),
    )
    async with open_container(settings) as opened:
        yield opened


async def test_an_open_service_lets_this_machine_in_as_the_local_principal(
    container: Container,
) -> None:
    door = Door(lambda: container)

    assert await door.principal("session", LOOPBACK) == local_principal()
    with pytest.raises(ProblemError):
        await door.principal("session", "192.0.2.7")


async def test_once_there_is_a_key_a_session_needs_one(container: Container) -> None:
    door = Door(lambda: container)
    made = await container.keys.create(local_principal(), "reading room", Role.READER)

    with pytest.raises(ProblemError):
        await door.principal("session", LOOPBACK)
    with pytest.raises(ProblemError):
        await door.sign_in("session", LOOPBACK, "ck_wrong")
    await door.sign_in("session", LOOPBACK, made.secret)

    assert (await door.principal("session", LOOPBACK)).roles == frozenset({Role.READER})
    with pytest.raises(ProblemError):
        await door.principal("another session", LOOPBACK)


async def test_signing_out_revoking_and_disuse_end_a_session(container: Container) -> None:
    now = 0.0
    door = Door(lambda: container, clock=lambda: now)
    admin = local_principal()
    made = await container.keys.create(admin, "a", Role.READER)
    other = await container.keys.create(admin, "b", Role.READER)

    await door.sign_in("left", LOOPBACK, made.secret)
    door.sign_out("left")
    await door.sign_in("unused", LOOPBACK, made.secret)
    await door.sign_in("revoked", LOOPBACK, other.secret)
    await container.keys.revoke(admin, other.key_id)

    for session in ("left", "revoked"):
        with pytest.raises(ProblemError):
            await door.principal(session, LOOPBACK)
    now = SESSION_S - 1
    assert (await door.principal("unused", LOOPBACK)).subject == "key:a"
    now += SESSION_S + 1
    with pytest.raises(ProblemError):
        await door.principal("unused", LOOPBACK)
    assert not door.signed_in("unused")
