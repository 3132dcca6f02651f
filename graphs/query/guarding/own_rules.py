"""What a collection says of its guards: policies of its own, and what it is about."""

from collections.abc import Mapping
from typing import Any

from data.database import Database
from graphs.query.guarding.rulings import OwnRules
from graphs.query.guarding.settings import GuardSettings
from graphs.query.steps import Turn


async def own_rules(turn: Turn, database: Database, settings: GuardSettings) -> OwnRules:
    """Read them; each run does, so that a change holds at once."""
    async with database.begin(turn.principal, read_only=True) as transaction:
        found = await transaction.collections.guards(turn.context.collection)
    kept: Mapping[str, Any] = found or {}
    return OwnRules(
        policies=settings.merged(kept.get("policies")), topics=tuple(kept.get("topics", ()))
    )
