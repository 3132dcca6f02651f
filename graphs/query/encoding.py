"""Which encoders a question needs: those that made the live index, whatever is configured."""

from dataclasses import replace

from data.database import Database
from data.values import LiveIndex
from graphs.encoders import Encoders, made_by
from graphs.query.providers import QueryProviders
from providers.errors import ProviderError
from providers.principal import Principal


async def suited(
    providers: QueryProviders,
    database: Database,
    principal: Principal,
    index: LiveIndex,
    degraded: list[str],
) -> QueryProviders:
    """Return the providers with the encoders that made an index.

    They are the very same ones unless the settings changed and the index was not yet built
    anew. An encoder that cannot be had is left out, and `degraded` says so.
    """
    try:
        ours = providers.configured.fingerprints
    except ProviderError:  # a model that is missing: encoding has said so already
        return providers
    theirs = (index.embedder, index.sparse_encoder)
    # One that is switched off is missed by nobody.
    if index.name is None or all(
        our in (None, their) for our, their in zip(ours, theirs, strict=True)
    ):
        return providers
    try:
        found = await _older(providers, database, principal, index)
    except ProviderError as error:
        degraded.append(f"the index is older than the settings: {error}")
        embedder = providers.embedder if ours[0] == theirs[0] else None
        sparse = providers.sparse_encoder if ours[1] == theirs[1] else None
        return replace(providers, embedder=embedder, sparse_encoder=sparse)
    return replace(providers, embedder=found.embedder, sparse_encoder=found.sparse_encoder)


async def _older(
    providers: QueryProviders, database: Database, principal: Principal, index: LiveIndex
) -> Encoders:
    name = made_by(index.embedder, index.sparse_encoder)
    if providers.encoders is None:
        raise ProviderError(f"its vectors were made by {name!r}")
    async with database.begin(principal, read_only=True) as transaction:
        row = await transaction.indexes.get(index.collection_id, index.name or "")
    return await providers.encoders.of(row.recipe if row else None, name)
