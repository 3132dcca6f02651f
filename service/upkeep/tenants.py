"""Whom the service acts for when the clock sets it to work."""

from data.database import Database
from providers.principal import Principal, Role

SUBJECT = "schedule"
"""Who did it, in the audit trail."""


async def system_principals(database: Database) -> list[Principal]:
    """Return one administrator for each tenant, also for those that are closed."""
    async with database.unscoped(read_only=True) as tx:
        tenants = await tx.tenants.list()
    roles = frozenset({Role.ADMIN})
    return [Principal(tenant_id=row.id, subject=SUBJECT, roles=roles) for row in tenants]
