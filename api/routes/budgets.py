"""What may be spent on models, for administrators."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Response

from api.dependencies import Admin, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.budgets import BudgetRead, BudgetWrite

router = APIRouter(prefix="/api/budgets", tags=["budgets"], route_class=StrictRoute)

BudgetRole = Literal[
    "*", "synthesize", "condense", "hyde", "sql", "judge", "classify", "vision", "agent"
]


@router.get("", summary="List budgets", responses=problems())
async def list_budgets(services: Services, principal: Admin) -> list[BudgetRead]:
    """List the tenant's budgets with what is spent of them today."""
    return await services.budgets.list(principal)


@router.put("/{role}", summary="Set a budget", responses=problems(400, 413))
async def put_budget(
    services: Services,
    principal: Admin,
    role: BudgetRole,
    body: Annotated[BudgetWrite, Body(examples=[{"usd_per_day": 5.0, "action": "downgrade"}])],
) -> BudgetRead:
    """Set what the calls of a role (`*`: of all roles) may cost in a day of UTC."""
    return await services.budgets.put(principal, role, body)


@router.delete("/{role}", summary="Remove a budget", status_code=204, responses=problems(404))
async def remove_budget(services: Services, principal: Admin, role: BudgetRole) -> Response:
    """Remove a budget; what was spent stays in the ledger."""
    await services.budgets.remove(principal, role)
    return Response(status_code=204)
