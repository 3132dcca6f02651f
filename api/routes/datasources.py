"""Datasources: a team's own databases, set up, looked at, and statements judged."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.dependencies import Admin, Editor, Reader, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.datasource_schemas import (
    DatasourceCheck,
    DatasourceList,
    DatasourceName,
    DatasourceRead,
    DatasourceRemoved,
    GuardReport,
    GuardRequest,
    NewDatasource,
)

router = APIRouter(prefix="/api/datasources", tags=["datasources"], route_class=StrictRoute)
Name = Annotated[DatasourceName, Path(description="The datasource's name.")]


@router.get("", summary="List datasources", responses=problems())
async def list_datasources(services: Services, principal: Reader) -> DatasourceList:
    """List the datasources by name."""
    return await services.datasources.list(principal)


@router.post("", summary="Add a datasource", status_code=201, responses=problems(400, 409, 413))
async def add_datasource(
    services: Services, principal: Admin, body: NewDatasource
) -> DatasourceRead:
    """Set up a datasource; its database must have what the policy names."""
    return await services.datasources.add(principal, body)


@router.get("/{name}", summary="Show a datasource", responses=problems(404))
async def get_datasource(services: Services, principal: Admin, name: Name) -> DatasourceRead:
    """Show a datasource with its policy; never a password."""
    return await services.datasources.show(principal, name)


@router.delete("/{name}", summary="Remove a datasource", responses=problems(404))
async def remove_datasource(services: Services, principal: Admin, name: Name) -> DatasourceRemoved:
    """Forget a datasource; its database is not touched."""
    return await services.datasources.remove(principal, name)


@router.post("/{name}/check", summary="Check a datasource", responses=problems(404))
async def check_datasource(services: Services, principal: Admin, name: Name) -> DatasourceCheck:
    """Tell whether it can be read, and whether its login may do more than that."""
    return await services.datasources.check(principal, name)


@router.post("/{name}/guard", summary="Judge statements", responses=problems(400, 404, 413))
async def guard_statements(
    services: Services, principal: Editor, name: Name, body: GuardRequest
) -> GuardReport:
    """Tell which statements may run, and what would run in their place; none is run."""
    return await services.datasources.guard(principal, name, body)
