"""What the commands need of guards, in this process or in a running server."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Protocol

import httpx

from data.values import VerdictFilter
from providers.principal import Principal
from service.guard_schemas import GuardsBody, GuardsRead, VerdictPage
from service.guarding import Guarding

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""


class GuardCalls(Protocol):
    """Guards of collections, and verdicts."""

    async def show(self, collection: str) -> GuardsRead:
        """Show a collection's guards."""
        ...

    async def change(self, collection: str, body: GuardsBody) -> GuardsRead:
        """Change a collection's guards."""
        ...

    async def verdicts(self, wanted: VerdictFilter, limit: int, offset: int) -> VerdictPage:
        """List verdicts."""
        ...


class LocalGuards:
    """Calls the service in this process."""

    def __init__(self, guarding: Guarding, principal: Principal) -> None:
        self._guarding = guarding
        self._principal = principal

    async def show(self, collection: str) -> GuardsRead:
        """Show a collection's guards."""
        return await self._guarding.collection(self._principal, collection)

    async def change(self, collection: str, body: GuardsBody) -> GuardsRead:
        """Change a collection's guards."""
        return await self._guarding.change(self._principal, collection, body)

    async def verdicts(self, wanted: VerdictFilter, limit: int, offset: int) -> VerdictPage:
        """List verdicts."""
        return await self._guarding.verdicts(self._principal, wanted, limit=limit, offset=offset)


class RemoteGuards:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def show(self, collection: str) -> GuardsRead:
        """Show a collection's guards."""
        response = await self._send("GET", f"/api/collections/{collection}/guards")
        return GuardsRead.model_validate_json(response.content)

    async def change(self, collection: str, body: GuardsBody) -> GuardsRead:
        """Change a collection's guards."""
        sent = body.model_dump(mode="json", exclude_unset=True)
        path = f"/api/collections/{collection}/guards"
        response = await self._send("PATCH", path, json=sent)
        return GuardsRead.model_validate_json(response.content)

    async def verdicts(self, wanted: VerdictFilter, limit: int, offset: int) -> VerdictPage:
        """List verdicts."""
        params = {name: value for name, value in asdict(wanted).items() if value is not None}
        if wanted.since is not None:
            params["since"] = wanted.since.isoformat()
        response = await self._send(
            "GET", "/api/guards/verdicts", params={**params, "limit": limit, "offset": offset}
        )
        return VerdictPage.model_validate_json(response.content)
