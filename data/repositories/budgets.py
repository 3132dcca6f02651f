"""What may be spent on models, and what is."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import delete, select, update

from data.models import Budget, BudgetAction, BudgetDay
from data.models.budgets import ALL_ROLES, NANO
from data.repositories.base import Repository, insert_into
from data.repositories.ledger import LlmCallRepository

_KEY = ("tenant_id", "role")


class BudgetRepository(Repository):
    """The budgets of a tenant and their days; money in nano-dollars."""

    async def list(self) -> Sequence[Budget]:
        """Return all budgets by role."""
        return await self._all(select(Budget).order_by(Budget.role))

    async def get(self, role: str) -> Budget | None:
        """Return the budget of a role."""
        return await self._one(select(Budget).where(Budget.role == role))

    async def put(self, role: str, limit_nusd: int, action: BudgetAction) -> None:
        """Set the budget of a role, or of all with `*`."""
        given = {
            "limit_nusd": limit_nusd,
            "action": action,
            "created_by": self._principal.subject,
        }
        row = {**given, "role": role, "tenant_id": self._principal.tenant_id}
        insert = insert_into(self._session, Budget)
        await self._session.execute(
            insert.on_conflict_do_update(index_elements=_KEY, set_=given), [row]
        )

    async def remove(self, role: str) -> bool:
        """Remove the budget of a role; False when there is none."""
        return await self._change(delete(Budget).where(Budget.role == role)) > 0

    async def days(self, day: date) -> Sequence[BudgetDay]:
        """Return what is spent and reserved on a day."""
        return await self._all(select(BudgetDay).where(BudgetDay.day == day))

    async def covering(self, role: str) -> Sequence[Budget]:
        """Return the budgets that a call of a role counts against, always in the same order."""
        wanted = Budget.role.in_([role, ALL_ROLES])
        return await self._all(select(Budget).where(wanted).order_by(Budget.role))

    async def reserve(self, budgets: Sequence[Budget], day: date, amount: int) -> Budget | None:
        """Set money aside in every one of some budgets; returns one that has not that much left.

        Then the transaction must be rolled back. One statement compares and adds, so that no
        two calls are given the same money. The first call of a day counts what the ledger
        already has of it. Rows are locked last and for as short as can be: every call of a
        tenant wants the same ones.
        """
        await self._begin_day([budget.role for budget in budgets], day)
        for budget in budgets:
            left = budget.limit_nusd - amount
            taken = (
                update(BudgetDay)
                .where(BudgetDay.role == budget.role, BudgetDay.day == day)
                .where(BudgetDay.reserved_nusd + BudgetDay.spent_nusd <= left)
                .values(reserved_nusd=BudgetDay.reserved_nusd + amount)
            )
            if await self._change(taken) == 0:
                return budget
        return None

    async def settle(
        self, role: str, day: date, *, reserved: int, of: Sequence[str], spent: int
    ) -> None:
        """Book what a call cost and give back what was set aside for it.

        Args:
            role: What the model was called for.
            day: The day of the reservation.
            reserved: What was set aside.
            of: The roles of the budgets it was set aside of.
            spent: What the call cost; it counts against budgets that were set meanwhile too.
        """
        # One row at a time in the order of `covering`, so that two calls never wait in a ring.
        for name in sorted({role, ALL_ROLES, *of}):
            given_back = reserved if name in of else 0
            await self._change(
                update(BudgetDay)
                .where(BudgetDay.role == name, BudgetDay.day == day)
                .values(
                    reserved_nusd=BudgetDay.reserved_nusd - given_back,
                    spent_nusd=BudgetDay.spent_nusd + spent,
                )
            )

    async def _begin_day(self, roles: Sequence[str], day: date) -> None:
        begun = {row.role for row in await self.days(day)}
        ledger = LlmCallRepository(self._session, self._principal)
        midnight = datetime.combine(day, time(), UTC)
        for role in roles:
            if role not in begun:
                spent = await ledger.spent_since(midnight, None if role == ALL_ROLES else role)
                row = {"role": role, "day": day, "spent_nusd": round(spent.cost_usd * NANO)}
                await self._insert(BudgetDay, [row], ignore=True)
