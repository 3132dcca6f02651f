"""What the commands of budgets need of the service, wherever it runs."""

from typing import Protocol

import httpx

from cli.remote_upkeep import Send
from providers.principal import Principal
from service.budgets import BudgetRead, Budgets, BudgetWrite


class BudgetCalls(Protocol):
    """Lists, sets and removes budgets."""

    async def list(self) -> list[BudgetRead]:
        """List the budgets."""
        ...

    async def put(self, role: str, wanted: BudgetWrite) -> BudgetRead:
        """Set the budget of a role."""
        ...

    async def remove(self, role: str) -> None:
        """Remove the budget of a role."""
        ...


class LocalBudgets:
    """Calls the service in this process."""

    def __init__(self, budgets: Budgets, principal: Principal) -> None:
        self._budgets = budgets
        self._principal = principal

    async def list(self) -> list[BudgetRead]:
        """List the budgets."""
        return await self._budgets.list(self._principal)

    async def put(self, role: str, wanted: BudgetWrite) -> BudgetRead:
        """Set the budget of a role."""
        return await self._budgets.put(self._principal, role, wanted)

    async def remove(self, role: str) -> None:
        """Remove the budget of a role."""
        await self._budgets.remove(self._principal, role)


class RemoteBudgets:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def list(self) -> list[BudgetRead]:
        """List the budgets."""
        response: httpx.Response = await self._send("GET", "/api/budgets")
        return [BudgetRead.model_validate(item) for item in response.json()]

    async def put(self, role: str, wanted: BudgetWrite) -> BudgetRead:
        """Set the budget of a role."""
        body = wanted.model_dump(mode="json")
        response = await self._send("PUT", f"/api/budgets/{role}", json=body)
        return BudgetRead.model_validate_json(response.content)

    async def remove(self, role: str) -> None:
        """Remove the budget of a role."""
        await self._send("DELETE", f"/api/budgets/{role}")
