"""What a tenant may spend on models in a day."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from data.database import Database
from data.models import Budget, BudgetAction, BudgetDay
from data.models.budgets import ALL_ROLES, NANO
from graphs.models import Role
from providers.principal import Principal
from providers.principal import Role as PrincipalRole
from service.errors import BudgetNotFoundError, ForbiddenError
from service.schemas import Request, Shape

BUDGET_ROLES = frozenset({ALL_ROLES, *(role.value for role in Role)})
"""What a budget may be for."""


class BudgetWrite(Request):
    """A limit, and what happens to a call for which no money is left."""

    usd_per_day: float = Field(gt=0, le=1_000_000)
    action: Literal["refuse", "downgrade"] = "refuse"


class BudgetRead(Shape):
    """A budget, and what of it is spent and set aside for running calls today (UTC)."""

    role: str
    usd_per_day: float
    action: Literal["refuse", "downgrade"]
    spent_usd: float
    reserved_usd: float
    created_by: str


class Budgets:
    """Lists, sets and removes the budgets of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, principal: Principal) -> list[BudgetRead]:
        """List the budgets with what is spent of them today.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            # What a killed process set aside is for no running call.
            await tx.budgets.release(datetime.now(UTC))
            days = {day.role: day for day in await tx.budgets.days(datetime.now(UTC).date())}
            return [_read(row, days.get(row.role)) for row in await tx.budgets.list()]

    async def put(self, principal: Principal, role: str, wanted: BudgetWrite) -> BudgetRead:
        """Set the budget of a role, or of all calls with `*`; it holds from the next call on.

        Raises:
            ForbiddenError: the principal is no administrator.
            BudgetNotFoundError: there is no such role.
        """
        _require_admin(principal)
        if role not in BUDGET_ROLES:
            known = ", ".join(sorted(BUDGET_ROLES))
            raise BudgetNotFoundError(f"there is no role {role!r}; the roles are {known}")
        async with self._database.begin(principal) as tx:
            limit = round(wanted.usd_per_day * NANO)
            await tx.budgets.put(role, limit, BudgetAction(wanted.action))
            detail = {"usd_per_day": wanted.usd_per_day, "action": wanted.action}
            await tx.audit.add("budget.set", role, detail)
        return next(row for row in await self.list(principal) if row.role == role)

    async def remove(self, principal: Principal, role: str) -> None:
        """Remove a budget.

        Raises:
            ForbiddenError: the principal is no administrator.
            BudgetNotFoundError: the tenant has no such budget.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            if not await tx.budgets.remove(role):
                raise BudgetNotFoundError(
                    f"there is no budget for {role!r}; `cicerone budgets list` shows them"
                )
            await tx.audit.add("budget.removed", role)


def _read(row: Budget, day: BudgetDay | None) -> BudgetRead:
    return BudgetRead(
        role=row.role,
        usd_per_day=row.limit_nusd / NANO,
        action=row.action.value,
        spent_usd=day.spent_nusd / NANO if day else 0.0,
        reserved_usd=day.reserved_nusd / NANO if day else 0.0,
        created_by=row.created_by,
    )


def _require_admin(principal: Principal) -> None:
    if not principal.may(PrincipalRole.ADMIN):
        raise ForbiddenError("budgets are set by a principal with the role 'admin'")
