"""What a tenant may spend on models in a day, and what it has spent; days are of UTC."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import word
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
