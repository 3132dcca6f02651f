"""Money for calls: set aside before, booked after, each in a short transaction of its own."""

import asyncio
import math
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import structlog

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.models import BudgetAction
from data.models.budgets import ALL_ROLES, NANO
from data.values import NewLlmCall
from graphs.models import Role
from providers.principal import Principal

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 10.0
"""How long an answer waits for its booking, in seconds."""


GRACE_S: Final = 1.0
"""How much longer than its call money is set aside: the call is booked as soon as it has ended."""


class OverBudgetError(Exception):
    """A budget has not enough left for a call; `action` is what its owner wants then."""

    def __init__(self, role: str, limit_usd: float, action: BudgetAction) -> None:
        whose = "all roles" if role == ALL_ROLES else f"the role {role}"
        super().__init__(f"the budget of {limit_usd:g} USD a day for {whose} is spent")
        self.action = action


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Money set aside for a call, in nano-dollars, out of the budgets of some roles."""

    day: date
    id: str = ""
    amount: int = 0
    of: tuple[str, ...] = ()


def nano(usd: float) -> int:
    """Return an amount in nano-dollars, rounded up (but not for what floats add)."""
    return math.ceil(round(usd * NANO, 3))


class Accounts:
    """The budgets and the ledger of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unfinished: set[asyncio.Task[None]] = set()

    async def reserve(
        self, principal: Principal, role: Role, cost_usd: float, *, call_s: float
    ) -> Reservation:
        """Set an upper estimate aside in every budget that covers a role.

        What costs nothing needs no budget, and no visit to the database.

        Args:
            principal: Whose budgets.
            role: What the model is called for.
            cost_usd: The estimate.
            call_s: How long the call may take at most, in seconds. If this process is killed in
                it, the money is free again after that.

        Raises:
            OverBudgetError: a budget has not that much left; nothing is set aside.
            DatabaseError: the budgets cannot be read.
        """
        day, amount = datetime.now(UTC).date(), nano(cost_usd)
        if amount == 0:
            return Reservation(day=day)
        async with self._database.begin(principal, read_only=True) as reading:
            if not await reading.budgets.covering(role):
                return Reservation(day=day)
        expires_at = datetime.now(UTC) + timedelta(seconds=call_s + GRACE_S)
        taking = asyncio.ensure_future(self._take(principal, role, day, amount, expires_at))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._later(self._undo(principal, role, taking))
            raise

    async def _take(
        self, principal: Principal, role: Role, day: date, amount: int, expires_at: datetime
    ) -> Reservation:
        """Set money aside; where there is not enough, first take back what nobody uses."""

        async def work(tx: Transaction) -> Reservation:
            budgets, id = await tx.budgets.covering(role), str(uuid.uuid4())
            spent = await tx.budgets.reserve(budgets, day, amount, id=id, expires_at=expires_at)
            if spent is not None:
                raise OverBudgetError(spent.role, spent.limit_nusd / NANO, spent.action)
            of = tuple(one.role for one in budgets)
            return Reservation(day=day, id=id, amount=amount, of=of)

        async def release(tx: Transaction) -> int:
            return await tx.budgets.release(datetime.now(UTC))

        try:
            return await self._database.run(principal, work)
        except OverBudgetError:
            if not await self._database.run(principal, release):
                raise
        return await self._database.run(principal, work)

    def _later(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Do work that must be done whether or not anybody waits for it."""
        task = asyncio.ensure_future(work)
        self._unfinished.add(task)
        task.add_done_callback(self._unfinished.discard)
        return task

    async def _undo(
        self, principal: Principal, role: Role, taking: "asyncio.Future[Reservation]"
    ) -> None:
        """Give back what was set aside for a call that was stopped before it began."""
        try:
            taken = await taking
            if taken.amount:
                await self._give_back(principal, role, taken)
        except (DatabaseError, OverBudgetError) as error:
            log.warning("budget.not_given_back", role=role.value, reason=str(error))

    async def _give_back(self, principal: Principal, role: Role, taken: Reservation) -> None:
        async def work(tx: Transaction) -> None:
            await tx.budgets.settle(
                role, taken.day, id=taken.id, reserved=taken.amount, of=taken.of, spent=0
            )

        await self._database.run(principal, work)

    async def book(
        self, principal: Principal, role: Role, reservation: Reservation, call: NewLlmCall
    ) -> str | None:
        """Write a call down, charge what it cost and give the rest of the reservation back.

        It goes on when whoever waits for it is stopped. Returns why it is not done yet, or not
        at all: an answer does not wait for long, and is not lost, because of that.
        """
        booking = self._later(self._book(principal, role, reservation, call))
        await asyncio.wait([booking], timeout=PATIENCE_S)
        if not booking.done():
            return f"the call was not recorded within {PATIENCE_S:g} s"
        error = booking.exception()
        if error is None:
            return None
        if not isinstance(error, DatabaseError):
            raise error
        return f"the call was not recorded: {error}"

    def note(self, principal: Principal, call: NewLlmCall) -> None:
        """Write down and charge, in the background, a call that nothing was set aside for."""
        today = Reservation(day=datetime.now(UTC).date())
        self._later(self._noted(principal, today, call))

    async def _noted(self, principal: Principal, today: Reservation, call: NewLlmCall) -> None:
        try:
            await self._book(principal, call.function, today, call)
        except DatabaseError as error:
            log.warning("usage.not_recorded", function=call.function, reason=str(error))

    async def aclose(self) -> None:
        """Wait a little for what is still being written."""
        if self._unfinished:
            await asyncio.wait(self._unfinished, timeout=PATIENCE_S)

    async def _book(
        self, principal: Principal, role: str, reservation: Reservation, call: NewLlmCall
    ) -> None:
        id, tries = str(uuid.uuid4()), 0
        spent = nano(call.cost_usd)

        async def work(tx: Transaction) -> None:
            nonlocal tries
            tries += 1
            if tries > 1 and await tx.llm_calls.has(id):
                return  # it was written, and only the answer was lost
            await tx.llm_calls.add(call, id)
            if spent or reservation.amount:
                await tx.budgets.settle(
                    role,
                    reservation.day,
                    id=reservation.id,
                    reserved=reservation.amount,
                    of=reservation.of,
                    spent=spent,
                )

        await self._database.run(principal, work)
