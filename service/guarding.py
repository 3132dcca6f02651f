"""The guards of collections, and what guards decided."""

from collections.abc import Mapping
from typing import Any

from data.database import Database, Transaction
from data.models import Collection
from data.values import VerdictFilter
from graphs.errors import CollectionNotFoundError
from graphs.query.guarding.settings import GuardSettings
from providers.principal import Principal, Role
from service.errors import ForbiddenError
from service.guard_schemas import GuardsBody, GuardsRead, VerdictPage, VerdictRead


class Guarding:
    """Reads and sets what collections say of their guards; lists verdicts."""

    def __init__(self, database: Database, settings: GuardSettings) -> None:
        self._database = database
        self._settings = settings

    async def collection(self, principal: Principal, name: str) -> GuardsRead:
        """Show the guards of a collection.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            row = await _found(tx, name)
        return self._read(name, row.guards or {})

    async def change(self, principal: Principal, name: str, body: GuardsBody) -> GuardsRead:
        """Change the guards of a collection; it holds for the next question.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
            ForbiddenError: the principal is no administrator.
        """
        if not principal.may(Role.ADMIN):
            raise ForbiddenError("guards are set by a principal with the role 'admin'")
        async with self._database.begin(principal) as tx:
            row = await _found(tx, name)
            kept = _changed(row.guards or {}, body)
            await tx.collections.set_guards(row.id, kept)
            await tx.audit.add("collection.guards", target=row.id, detail=kept)
        return self._read(name, kept)

    async def verdicts(
        self, principal: Principal, wanted: VerdictFilter, *, limit: int, offset: int
    ) -> VerdictPage:
        """Show what guards decided, newest first."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.guard_verdicts.list(limit, offset, wanted)
            total = await tx.guard_verdicts.count(wanted)
        return VerdictPage(verdicts=[VerdictRead.model_validate(row) for row in rows], total=total)

    def _read(self, name: str, kept: Mapping[str, Any]) -> GuardsRead:
        own = kept.get("policies", {})
        return GuardsRead(
            collection=name,
            policies=dict(self._settings.merged(own)),
            own=own,
            topics=kept.get("topics", []),
        )


def _changed(kept: Mapping[str, Any], body: GuardsBody) -> dict[str, Any]:
    policies: dict[str, str] = dict(kept.get("policies", {}))
    for family, action in (body.policies or {}).items():
        policies.pop(family.value, None)
        if action is not None:
            policies[family.value] = action.value
    topics = kept.get("topics", []) if body.topics is None else body.topics
    parts = {"policies": policies, "topics": topics}
    return {name: part for name, part in parts.items() if part}


async def _found(tx: Transaction, name: str) -> Collection:
    row = await tx.collections.get(name)
    if row is None:
        raise CollectionNotFoundError(
            f"there is no collection {name!r}; `cicerone collections list` shows them"
        )
    return row
