"""API keys: made once, shown once, kept as a hash."""

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime, timedelta

from data.database import Database
from data.models import ApiKey
from providers.principal import AUDIENCE, PUBLIC, Principal, Role, local_principal
from service.errors import ForbiddenError, KeyNotFoundError
from service.schemas import KeyCreated, KeyRead

KEY_PREFIX = "ck_"
_SHOWN = 10
_TOUCH_EVERY = timedelta(minutes=1)
"""How exact `last_used_at` is; a write for every request would serialise the readers."""
_NONE_FOR_S = 1.0
"""How long it is believed that there is no key; one that is made here counts at once."""


class Keys:
    """Makes, lists, revokes and checks API keys.

    A key has 256 bits of entropy, so a plain SHA-256 is a sufficient hash: there is
    nothing to guess. `local_token` lets in the commands of the user who runs the server.
    """

    def __init__(self, database: Database, *, local_token: str | None = None) -> None:
        self._database = database
        self._local_token = local_token
        self._none_until = 0.0
        self._made = 0

    async def create(
        self, principal: Principal, name: str, role: Role, *, public: bool = False
    ) -> KeyCreated:
        """Make a key for the principal's tenant; the secret is in the result and nowhere else.

        Args:
            principal: An administrator.
            name: What a person calls it.
            role: What it may do.
            public: Let it find public documents only; it can be a reader's alone.

        Raises:
            ForbiddenError: the principal is no administrator, or the public shall change things.
        """
        _require_admin(principal)
        if public and role is not Role.READER:
            raise ForbiddenError("a key for the public has the role 'reader'")
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        async with self._database.begin(principal) as tx:
            row = await tx.api_keys.create(
                name=name,
                role=role.value,
                prefix=secret[:_SHOWN],
                hash=_hash(secret),
                attributes={AUDIENCE: PUBLIC} if public else {},
            )
            await tx.audit.add("key.created", target=row.id, detail={"role": role.value})
            created = KeyCreated(**key_read(row).model_dump(), secret=secret)
        self._made += 1
        self._none_until = 0.0
        return created

    async def list(self, principal: Principal) -> list[KeyRead]:
        """List the tenant's keys, revoked ones too."""
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            return [key_read(row) for row in await tx.api_keys.list()]

    async def revoke(self, principal: Principal, key_id: str) -> KeyRead:
        """End a key at once.

        Raises:
            KeyNotFoundError: the tenant has no such key.
        """
        _require_admin(principal)
        async with self._database.begin(principal) as tx:
            await tx.api_keys.revoke(key_id)
            row = await tx.api_keys.get(key_id)
            if row is None:
                raise KeyNotFoundError(f"no API key {key_id!r}; `cicerone keys list` shows them")
            await tx.audit.add("key.revoked", target=key_id)
            return key_read(row)

    async def authenticate(self, secret: str) -> Principal | None:
        """Return whose key this is, or None when it is unknown, revoked or too old."""
        if self._local_token and hmac.compare_digest(secret.encode(), self._local_token.encode()):
            return local_principal()
        if not secret.startswith(KEY_PREFIX):
            return None
        digest = _hash(secret)
        async with self._database.unscoped(read_only=True) as tx:
            rows = await tx.api_keys.by_prefix(secret[:_SHOWN])
        row = next((row for row in rows if hmac.compare_digest(row.hash, digest)), None)
        if row is None:
            return None
        await self._touch(row)
        return Principal(
            tenant_id=row.tenant_id,
            subject=f"key:{row.name}",
            roles=frozenset({Role(row.role)}),
            attributes=row.attributes,
        )

    async def _touch(self, row: ApiKey) -> None:
        if row.last_used_at is None or datetime.now(UTC) - row.last_used_at > _TOUCH_EVERY:
            async with self._database.unscoped() as tx:
                await tx.api_keys.touch(row.tenant_id, row.id)

    async def exist(self) -> bool:
        """Tell whether any usable key exists, in any tenant.

        Each request asks this; that there is none is looked up once a second.
        """
        if time.monotonic() < self._none_until:
            return False
        made = self._made
        async with self._database.unscoped(read_only=True) as tx:
            found = await tx.api_keys.any_usable()
        # A key that was made meanwhile may not have been seen.
        if not found and made == self._made:
            self._none_until = time.monotonic() + _NONE_FOR_S
        return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _require_admin(principal: Principal) -> None:
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("keys are managed by a principal with the role 'admin'")


def key_read(row: ApiKey) -> KeyRead:
    """Show a key's row."""
    return KeyRead(
        key_id=row.id,
        name=row.name,
        prefix=row.prefix,
        role=row.role,
        tenant_id=row.tenant_id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        audience=row.attributes.get(AUDIENCE),
    )
