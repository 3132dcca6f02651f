"""Who owns the rows."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import now
from data.models.base import TENANT_CHARS, Base


class Tenant(Base):
    """An owner of documents, keys, jobs and conversations; made at its first write."""

    __tablename__ = "tenants"

    id: Mapped[str] = mapped_column(String(TENANT_CHARS), primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
