"""What the commands need of datasources, in this process or in a running server."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx

from providers.principal import Principal
from service.datasource_schemas import (
    DatasourceCheck,
    DatasourceList,
    DatasourceRead,
    DatasourceRemoved,
    GuardReport,
    GuardRequest,
    NewDatasource,
)
from service.datasources import Datasources

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""
_PATH = "/api/datasources"


class DatasourceCalls(Protocol):
    """Datasources, and statements for them."""

    async def add(self, new: NewDatasource) -> DatasourceRead:
        """Set up a datasource."""
        ...

    async def list(self) -> DatasourceList:
        """List the datasources."""
        ...

    async def remove(self, name: str) -> DatasourceRemoved:
        """Forget a datasource."""
        ...

    async def check(self, name: str) -> DatasourceCheck:
        """Tell how a datasource fares."""
        ...

    async def guard(self, name: str, body: GuardRequest) -> GuardReport:
        """Judge statements."""
        ...


class LocalDatasources:
    """Calls the service in this process."""

    def __init__(self, datasources: Datasources, principal: Principal) -> None:
        self._datasources = datasources
        self._principal = principal

    async def add(self, new: NewDatasource) -> DatasourceRead:
        """Set up a datasource."""
        return await self._datasources.add(self._principal, new)

    async def list(self) -> DatasourceList:
        """List the datasources."""
        return await self._datasources.list(self._principal)

    async def remove(self, name: str) -> DatasourceRemoved:
        """Forget a datasource."""
        return await self._datasources.remove(self._principal, name)

    async def check(self, name: str) -> DatasourceCheck:
        """Tell how a datasource fares."""
        return await self._datasources.check(self._principal, name)

    async def guard(self, name: str, body: GuardRequest) -> GuardReport:
        """Judge statements."""
        return await self._datasources.guard(self._principal, name, body)


class RemoteDatasources:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def add(self, new: NewDatasource) -> DatasourceRead:
        """Set up a datasource."""
        response = await self._send("POST", _PATH, json=new.model_dump(mode="json"))
        return DatasourceRead.model_validate_json(response.content)

    async def list(self) -> DatasourceList:
        """List the datasources."""
        return DatasourceList.model_validate_json((await self._send("GET", _PATH)).content)

    async def remove(self, name: str) -> DatasourceRemoved:
        """Forget a datasource."""
        response = await self._send("DELETE", f"{_PATH}/{name}")
        return DatasourceRemoved.model_validate_json(response.content)

    async def check(self, name: str) -> DatasourceCheck:
        """Tell how a datasource fares."""
        response = await self._send("POST", f"{_PATH}/{name}/check")
        return DatasourceCheck.model_validate_json(response.content)

    async def guard(self, name: str, body: GuardRequest) -> GuardReport:
        """Judge statements."""
        response = await self._send(
            "POST", f"{_PATH}/{name}/guard", json=body.model_dump(mode="json")
        )
        return GuardReport.model_validate_json(response.content)
