"""Checks that a collection exists before it is read."""

from graphs.errors import CollectionNotFoundError
from providers.principal import Principal
from service.container import Container


async def require_collection(services: Container, principal: Principal, name: str) -> None:
    """Make sure that the tenant has the collection; the default one is there before its first file.

    Raises:
        CollectionNotFoundError: it has not, whoever else may.
    """
    if name == services.settings.query.default_collection:
        return
    if name not in await services.library.collections(principal):
        raise CollectionNotFoundError(
            f"there is no collection {name!r}; upload a document into it, "
            "or see GET /api/collections"
        )
