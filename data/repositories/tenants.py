"""Where tenants are kept."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.models import Tenant
from data.repositories.base import insert_into


class TenantRepository:
    """All tenants; for administration outside any of them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, tenant_id: str) -> Tenant | None:
        """Return the tenant with that id, also when it is closed."""
        return await self._session.get(Tenant, tenant_id)

    async def ensure(self, tenant_id: str) -> None:
        """Make the row of a tenant when there is none."""
        insert = insert_into(self._session, Tenant).on_conflict_do_nothing()
        await self._session.execute(insert, [{"id": tenant_id, "name": tenant_id}])

    async def list(self) -> Sequence[Tenant]:
        """Return all tenants, by id."""
        return (await self._session.execute(select(Tenant).order_by(Tenant.id))).scalars().all()

    async def close(self, tenant_id: str) -> None:
        """Refuse the keys of a tenant from now on; its rows stay."""
        await self._session.execute(
            update(Tenant).where(Tenant.id == tenant_id).values(deleted_at=now())
        )
