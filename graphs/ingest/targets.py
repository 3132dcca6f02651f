"""Which indexes a document is written to: the live one, and those that are built beside it.

Search uses the live index with the encoders that made it, whatever the settings say by now.
So a document goes there with those, and with its own encoders into each index that is being
built; one that the settings ask for and that nobody has begun is begun here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from data.database import Database, Transaction
from data.models import Collection, IndexState, IndexVersion
from data.repositories.indexes import OPEN_STATES
from data.values import NewIndex
from graphs.encoders import Encoders, made_by
from graphs.ingest.naming import index_name
from graphs.ingest.state import IngestProviders
from providers.errors import ProviderError
from providers.principal import Principal

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An index that a document belongs into, and what makes its vectors."""

    index: str
    made_by: str
    recipe: Mapping[str, Any] | None
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An index with its encoders at hand."""

    index: str
    encoders: Encoders
    live: bool


def planned(
    collection: Collection, rows: Sequence[IndexVersion], configured: Encoders
) -> list[Plan]:
    """Return the indexes that a document of the collection belongs into, the live one first."""
    live, wanted = collection.live_index, configured.made_by
    recipes = {row.name: row.recipe for row in rows}
    plans = []
    if live is not None:
        recipe = recipes.get(live)
        plans.append(Plan(index=live, made_by=_live_made_by(collection), recipe=recipe, live=True))
    for row in rows:
        if row.state in OPEN_STATES and row.name != live:
            name = made_by(row.embedder, row.sparse_encoder)
            plans.append(Plan(index=row.name, made_by=name, recipe=row.recipe, live=False))
    own = index_name(collection.id, wanted)
    given_up = any(
        row.state is IndexState.FAILED and made_by(row.embedder, row.sparse_encoder) == wanted
        for row in rows
    )
    if wanted not in {plan.made_by for plan in plans} and not given_up:
        plans.append(Plan(index=own, made_by=wanted, recipe=configured.recipe, live=False))
    return plans


def newest(plans: Sequence[Plan], configured: Encoders) -> str:
    """Return who makes the vectors that a chunk's row is marked with."""
    names = [plan.made_by for plan in plans]
    return configured.made_by if configured.made_by in names else names[0]


async def plans_of(
    transaction: Transaction, collection_id: str, configured: Encoders
) -> list[Plan]:
    """Return the indexes that a document of the collection belongs into, the live one first."""
    return await plans_for(
        transaction, await transaction.collections.by_id(collection_id), configured
    )


async def plans_for(
    transaction: Transaction, collection: Collection | None, configured: Encoders
) -> list[Plan]:
    """Return the indexes that a document of the collection belongs into, the live one first."""
    if collection is None:
        return []
    rows = await transaction.indexes.of_collection(collection.id)
    return planned(collection, rows, configured)


async def targets_of(
    database: Database, principal: Principal, providers: IngestProviders, collection_id: str
) -> list[Target]:
    """Return those indexes whose encoders can be had, with them.

    Raises:
        ProviderError: there is none.
    """
    async with database.begin(principal, read_only=True) as transaction:
        plans = await plans_of(transaction, collection_id, providers.configured)
    found = await resolved(plans, providers)
    if not found:
        raise ProviderError("none of the collection's indexes has encoders that can be built")
    return found


async def resolved(plans: Sequence[Plan], providers: IngestProviders) -> list[Target]:
    """Return the planned indexes whose encoders can be had, with them."""
    found = []
    for plan in plans:
        try:
            encoders = await encoders_of(plan.made_by, plan.recipe, providers)
        except ProviderError as error:
            log.warning("index_left_out", index=plan.index, error=str(error))
        else:
            found.append(Target(index=plan.index, encoders=encoders, live=plan.live))
    return found


async def encoders_of(
    name: str, recipe: Mapping[str, Any] | None, providers: IngestProviders
) -> Encoders:
    """Return the encoders whose vectors are those of `made_by` `name`.

    Raises:
        ProviderError: they cannot be built.
    """
    if name == providers.configured.made_by:
        return providers.configured
    if providers.encoders is None:
        raise ProviderError(f"the encoders {name!r} of an index are not configured any more")
    return await providers.encoders.of(recipe, name)


async def begin_indexes(
    transaction: Transaction, collection_id: str, targets: Sequence[Target]
) -> None:
    """Write the indexes down that are about to be filled beside the live one."""
    for target in targets:
        if not target.live:
            new = new_index(target.index, target.encoders)
            await transaction.indexes.ensure(collection_id, new)


def new_index(name: str, encoders: Encoders) -> NewIndex:
    """Return the row of an index that takes the chunks as they are."""
    embedder, sparse = encoders.fingerprints
    return NewIndex(name=name, embedder=embedder, sparse_encoder=sparse, recipe=encoders.recipe)


async def switch(
    transaction: Transaction, collection: Collection | None, configured: Encoders
) -> None:
    """Make the index that the settings ask for live, once it holds all that is published.

    An index that a job builds is the job's to switch to. The collection is locked.
    """
    if collection is None:
        return
    collection_id = collection.id
    name, live = index_name(collection_id, configured.made_by), collection.live_index
    if live is not None and _live_made_by(collection) == configured.made_by:
        await _adopt(transaction, collection_id, live, configured)
        return
    row = await transaction.indexes.get(collection_id, name)
    if row is None or row.state not in OPEN_STATES or row.job_id is not None:
        return
    if live is not None and await transaction.chunks.made_by_others(
        collection_id, configured.made_by
    ):
        return
    await transaction.indexes.activate(collection_id, name)


async def _adopt(
    transaction: Transaction, collection_id: str, live: str, configured: Encoders
) -> None:
    """Write down what made an index that went live before such things were recorded."""
    if await transaction.indexes.get(collection_id, live) is None:
        await transaction.indexes.ensure(collection_id, new_index(live, configured))
        await transaction.indexes.activate(collection_id, live)


def _live_made_by(collection: Collection) -> str:
    return made_by(collection.embedder, collection.sparse_encoder)
