"""What the caches do."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import Admin, Services
from api.documentation import problems
from service.cache_schemas import CachesCleared, CachesRead
from service.schemas import CollectionName

router = APIRouter(prefix="/api/caches", tags=["upkeep"])


@router.get("", summary="Show the caches", responses=problems())
async def show_caches(services: Services, principal: Admin) -> CachesRead:
    """Show hits and misses since this server began, and how the cache's provider is."""
    return await services.caches.report(principal)


@router.delete("", summary="Clear the caches", responses=problems(404))
async def clear_caches(
    services: Services,
    principal: Admin,
    collection: Annotated[CollectionName | None, Query(description="Only this one.")] = None,
) -> CachesCleared:
    """Let no answer that was given so far come from a cache again."""
    return await services.caches.clear(principal, collection)
