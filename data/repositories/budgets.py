"""What may be spent on models, and what is."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import delete, select, update

from data.models import Budget, BudgetAction, BudgetDay, BudgetReservation
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

    async def reserve(
        self, budgets: Sequence[Budget], day: date, amount: int, *, id: str, expires_at: datetime
    ) -> Budget | None:
        """Set money aside in every one of some budgets; returns one that has not that much left.

        Then the transaction must be rolled back. One statement compares and adds, so that no
        two calls are given the same money. The first call of a day counts what the ledger
        already has of it. Rows are locked last and for as short as can be: every call of a
        tenant wants the same ones.

        Args:
            budgets: Of which to take it.
            day: The day on which it counts.
            amount: How much.
            id: A name for it, new for each call.
            expires_at: When nobody can be calling any more: then `release` gives it back.
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
        if budgets:
            row = {"id": id, "day": day, "amount_nusd": amount, "expires_at": expires_at}
            roles = [budget.role for budget in budgets]
            await self._insert(BudgetReservation, [{**row, "roles": roles}])
        return None

    async def settle(
        self, role: str, day: date, *, id: str, reserved: int, of: Sequence[str], spent: int
    ) -> None:
        """Book what a call cost and give back what was set aside for it, if it still is.

        Args:
            role: What the model was called for.
            day: The day of the reservation.
            id: The name of the reservation.
            reserved: What was set aside.
            of: The roles of the budgets it was set aside of.
            spent: What the call cost; it counts against budgets that were set meanwhile too.
        """
        held = bool(of) and await self._forget(id)
        # One row at a time in the order of `covering`, so that two calls never wait in a ring.
        for name in sorted({role, ALL_ROLES, *of}):
            given_back = reserved if held and name in of else 0
            await self._add_to(name, day, reserved=-given_back, spent=spent)

    async def release(self, now: datetime) -> int:
        """Give back what was set aside for calls that must have ended; returns how many.

        Of two that do so at once each reservation is given back by one. All of them are taken
        before the first budget is touched, in the order in which `settle` takes locks.
        """
        expired = select(BudgetReservation).where(BudgetReservation.expires_at < now)
        found = await self._all(expired.order_by(BudgetReservation.id))
        freed = [row for row in found if await self._forget(row.id)]
        sums: dict[tuple[str, date], int] = {}
        for row in freed:
            for role in row.roles:
                sums[role, row.day] = sums.get((role, row.day), 0) + row.amount_nusd
        for (role, day), amount in sorted(sums.items()):
            await self._add_to(role, day, reserved=-amount, spent=0)
        return len(freed)

    async def _forget(self, id: str) -> bool:
        """Remove a reservation; False when it is gone already."""
        return await self._change(delete(BudgetReservation).where(BudgetReservation.id == id)) > 0

    async def _add_to(self, role: str, day: date, *, reserved: int, spent: int) -> None:
        await self._change(
            update(BudgetDay)
            .where(BudgetDay.role == role, BudgetDay.day == day)
            .values(
                reserved_nusd=BudgetDay.reserved_nusd + reserved,
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
