"""A served application, and the library's own client of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from providers.principal import Principal, Role
from service.container import Container

ANN = Principal(tenant_id="default", subject="ann", roles=frozenset({Role.ADMIN}))
EVE = Principal(tenant_id="rival", subject="eve", roles=frozenset({Role.ADMIN}))

MODES = ("2026-07-28", "legacy")
"""Generations of the protocol: each request alone, and with a handshake first."""

Ask = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
async def served(app: FastAPI, serve: Any) -> AsyncIterator[str]:
    """Yield the address of the application."""
    async with serve(app) as address:
        yield address


@pytest.fixture
def secret_of(container: Container) -> Any:
    """Return a function that makes a key of a tenant."""

    async def make(principal: Principal, *, role: Role = Role.READER, public: bool = False) -> str:
        name = f"{principal.subject}-{role}" if role is not Role.READER else principal.subject
        return (await container.keys.create(principal, name, role, public=public)).secret

    return make


@pytest.fixture
def talk(served: str) -> Ask:
    """Return a function that opens a client with a key."""

    @asynccontextmanager
    async def opened(secret: str, mode: str = MODES[0]) -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(f"{served}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                yield client

    return opened
