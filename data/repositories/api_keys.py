"""Where API keys are kept; a secret never comes here, only its hash."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.models import ApiKey, Tenant
from data.repositories.base import Repository, new_id


class ApiKeyRepository(Repository):
    """The API keys of a tenant."""

    async def create(
        self,
        *,
        name: str,
        prefix: str,
        hash: str,
        role: str,
        expires_at: datetime | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> ApiKey:
        """Store a key.

        Args:
            name: What a person calls it.
            prefix: The part of the secret that is shown and finds the row.
            hash: Hash of the whole secret.
            role: One of `providers.principal.Role`.
            expires_at: When it stops working; None means never.
            attributes: What a principal with this key is known by besides its role.
        """
        key = ApiKey(
            id=new_id(),
            name=name,
            prefix=prefix,
            hash=hash,
            role=role,
            expires_at=expires_at,
            attributes=dict(attributes or {}),
            created_by=self._principal.subject,
        )
        await self._add(key)
        return key

    async def get(self, key_id: str) -> ApiKey | None:
        """Return the key with that id."""
        return await self._one(select(ApiKey).where(ApiKey.id == key_id))

    async def list(self) -> Sequence[ApiKey]:
        """Return all keys, also revoked ones, newest first."""
        return await self._all(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id))

    async def revoke(self, key_id: str) -> bool:
        """Stop a key from working; False when there is none or it was revoked before."""
        statement = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        return await self._change(statement.values(revoked_at=now())) > 0


class KeyLookup:
    """Finds the key behind a secret before anybody knows whose it is."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_prefix(self, prefix: str) -> Sequence[ApiKey]:
        """Return the working keys with that prefix, of any tenant that is not closed.

        The caller compares the hash of the secret in constant time.
        """
        moment = now()
        query = (
            select(ApiKey)
            .join(Tenant, Tenant.id == ApiKey.tenant_id)
            .where(
                ApiKey.prefix == prefix,
                ApiKey.revoked_at.is_(None),
                ApiKey.deleted_at.is_(None),
                ApiKey.expires_at.is_(None) | (ApiKey.expires_at > moment),
                Tenant.deleted_at.is_(None),
            )
        )
        return (await self._session.execute(query)).scalars().all()

    async def any_usable(self) -> bool:
        """Tell whether any key of any tenant works."""
        query = select(ApiKey.id).where(
            ApiKey.revoked_at.is_(None),
            ApiKey.deleted_at.is_(None),
            ApiKey.expires_at.is_(None) | (ApiKey.expires_at > now()),
        )
        return (await self._session.execute(query.limit(1))).first() is not None

    async def touch(self, tenant_id: str, key_id: str) -> None:
        """Write down that a key was used just now."""
        await self._session.execute(
            update(ApiKey)
            .where(ApiKey.tenant_id == tenant_id, ApiKey.id == key_id)
            .values(last_used_at=now())
        )
