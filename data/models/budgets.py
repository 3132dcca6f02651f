"""What a tenant may spend on models in a day, and what it has spent; days are of UTC."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, Json, word
from data.models.base import Owned

ROLE_CHARS = 64
ALL_ROLES = "*"
"""The role of a budget that covers every call."""
NANO = 1_000_000_000
"""Nano-dollars in a US dollar: whole numbers, because sums of floats drift."""


class BudgetAction(StrEnum):
    """What happens to a call for which no money is left."""

    REFUSE = "refuse"
    DOWNGRADE = "downgrade"


class Budget(Owned):
    """A limit of what calls of a role (`*`: of all) may cost in a day, in nano-dollars."""

    __tablename__ = "budgets"

    role: Mapped[str] = mapped_column(String(ROLE_CHARS), primary_key=True)
    limit_nusd: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[BudgetAction] = mapped_column(word(BudgetAction))
    created_by: Mapped[str]


class BudgetDay(Owned):
    """What is spent of a budget in a day, and set aside for running calls, in nano-dollars."""

    __tablename__ = "budget_days"

    role: Mapped[str] = mapped_column(String(ROLE_CHARS), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    reserved_nusd: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_nusd: Mapped[int] = mapped_column(BigInteger, default=0)


class BudgetReservation(Owned):
    """Money set aside for a running call out of the budgets of `roles`, in nano-dollars.

    It goes when the call is booked. What is left after `expires_at` is that of a process which was
    killed, and is given back to the budgets.
    """

    __tablename__ = "budget_reservations"
    __table_args__ = (Index(None, "tenant_id", "expires_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    amount_nusd: Mapped[int] = mapped_column(BigInteger)
    roles: Mapped[list[str]] = mapped_column(Json)
    expires_at: Mapped[datetime]
