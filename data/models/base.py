"""What all tables share: names of constraints, the tenant, the times."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data.columns import NAME_CHARS, Json, UtcDateTime, now

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name that a migration can count on."""

TENANT_CHARS = 64


class Base(DeclarativeBase):
    """Root of all models."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own contract
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
        str: String(NAME_CHARS),
    }


class Owned(Base):
    """A row of one tenant. Sessions add the tenant to every statement over this class."""

    __abstract__ = True

    tenant_id: Mapped[str] = mapped_column(
        String(TENANT_CHARS), ForeignKey("tenants.id"), primary_key=True, sort_order=-20
    )
    created_at: Mapped[datetime] = mapped_column(default=now, sort_order=90)
    deleted_at: Mapped[datetime | None] = mapped_column(default=None, sort_order=91)
