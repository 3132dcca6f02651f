"""Metrics for Prometheus, and service level objectives."""

import secrets

from fastapi import APIRouter, Request, Response

from api.dependencies import Admin, Services, container_of
from api.documentation import problems
from api.problems import ProblemError
from api.security.access import Access, Credential
from providers.principal import Role
from service.metrics.exposition import CONTENT_TYPE
from service.metrics.objectives import SloRead
from service.settings import Settings

router = APIRouter(tags=["metrics"])


@router.get(
    "/metrics",
    summary="Metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "In Prometheus' text format."},
        **problems(),
    },
    openapi_extra={"security": [{"bearer": []}, {"apiKey": []}]},
)
async def metrics(request: Request) -> Response:
    """Tell what was counted, of all tenants; for `metrics.token` and administrators."""
    await _admit(request)
    container = container_of(request)
    return Response(await container.exposition.text(), media_type=CONTENT_TYPE)


@router.get("/api/slo", summary="Service level objectives", responses=problems())
async def objectives(services: Services, principal: Admin) -> SloRead:
    """Tell what is promised, what was measured, and what is left of the error budgets."""
    return await services.objectives.report(principal)


async def _admit(request: Request) -> None:
    """Let Prometheus in, which has a token of its own, or an administrator.

    Raises:
        ProblemError: 401, 403, or 404 when metrics are switched off.
    """
    settings: Settings = request.app.state.settings
    if not settings.metrics.enabled:
        raise ProblemError(404, "not-found", "Not Found", "metrics.enabled is false")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = given if scheme.lower() == "bearer" else None
    expected = settings.metrics.token
    if expected is not None and token is not None:
        wanted = expected.get_secret_value()
        if secrets.compare_digest(token.encode(), wanted.encode()):
            return
    access: Access = request.app.state.access
    client = request.client.host if request.client else None
    principal = await access.principal(Credential(token=token, client=client))
    if not principal.may(Role.ADMIN):
        raise ProblemError(
            403, "forbidden", "Not allowed", "send metrics.token, or a key of an administrator"
        )
