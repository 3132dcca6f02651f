"""API keys, for administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from pydantic import Field

from api.dependencies import Admin, Identifier, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from providers.principal import Role
from service.schemas import KeyCreated, KeyRead, Request

router = APIRouter(prefix="/api/keys", tags=["keys"], route_class=StrictRoute)


class KeyBody(Request):
    """A key to make."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
    role: Role = Role.READER
    audience: Literal["public"] | None = None


@router.post("", summary="Make a key", status_code=201, responses=problems(400, 413))
async def create_key(
    services: Services,
    principal: Admin,
    body: Annotated[KeyBody, Body(examples=[{"name": "helpdesk", "role": "reader"}])],
) -> KeyCreated:
    """Make a key for this tenant; the secret is shown here and never again."""
    public = body.audience is not None
    return await services.keys.create(principal, body.name, body.role, public=public)


@router.get("", summary="List keys", responses=problems())
async def list_keys(services: Services, principal: Admin) -> list[KeyRead]:
    """List the tenant's keys without their secrets, revoked ones too."""
    return await services.keys.list(principal)


@router.delete("/{key_id}", summary="Revoke a key", responses=problems(404))
async def revoke_key(services: Services, principal: Admin, key_id: Identifier) -> KeyRead:
    """End a key at once; its row stays, so that the log can name it."""
    return await services.keys.revoke(principal, key_id)
