"""What routes ask for: the services, and a principal that may do what the route does."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ProblemError
from api.request_context import RESPONSE_HEADERS
from api.security.access import Access, Credential
from api.security.rate_limit import Budget, RateLimiter, network_of
from providers.principal import Principal, Role
from providers.telemetry import identify
from service.container import Container
from service.errors import ForbiddenError

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An API key (`ck_…`), or a token of the configured issuer.",
)
_api_key = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="apiKey", description="An API key (`ck_…`)."
)


def container_of(request: Request) -> Container:
    """Return the container that the application opened at its start."""
    found: Container = request.app.state.container
    return found


async def authenticate(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    api_key: Annotated[str | None, Security(_api_key)],
) -> Principal:
    """Find out who asks; failures count against the client's address.

    Raises:
        ProblemError: 401, or 429 after too many failures.
    """
    access: Access = request.app.state.access
    token = bearer.credentials if bearer else api_key
    client = request.client.host if request.client else None
    try:
        principal = await access.principal(Credential(token=token, client=client))
    except ProblemError:
        await _count(request, Budget.REQUESTS, network_of(client))
        raise
    identify(principal.tenant_id, principal.subject)
    return principal


class Gate:
    """Dependency: an authenticated principal with a role, within a budget.

    The public passes only where `public` is set: a new route is closed to it by default.
    """

    def __init__(self, role: Role, budget: Budget, *, public: bool = False) -> None:
        self._role = role
        self._budget = budget
        self._public = public

    async def __call__(
        self, request: Request, principal: Annotated[Principal, Depends(authenticate)]
    ) -> Principal:
        """Let the principal pass.

        Raises:
            ForbiddenError: its role does not suffice, or this is not for the public.
            ProblemError: 429, it asked too often.
        """
        await _count(request, self._budget, _caller(principal))
        if not principal.may(self._role):
            raise ForbiddenError(
                f"this needs the role {self._role.value!r}; ask an administrator for a key with it"
            )
        if principal.is_public and not self._public:
            raise ForbiddenError("this is not for the public; use a key without that audience")
        return principal


def _caller(principal: Principal) -> str:
    return f"{principal.tenant_id}/{principal.subject}"


async def _count(request: Request, budget: Budget, caller: str) -> None:
    limiter: RateLimiter = request.app.state.rate_limiter
    verdict = await limiter.hit(budget, caller)
    if verdict is None:
        return
    request.scope[RESPONSE_HEADERS].update(verdict.headers)
    if not verdict.allowed:
        raise ProblemError(
            429,
            "rate-limited",
            "Too many requests",
            f"wait {verdict.retry_after_s} s; server.rate_limit.{budget} sets the limit",
            headers={"Retry-After": str(verdict.retry_after_s)},
        )


async def count_question(request: Request, principal: Principal) -> None:
    """Count a question that a route asks on the way, beside the request itself.

    Raises:
        ProblemError: 429, the principal asked too often.
    """
    await _count(request, Budget.QUESTIONS, _caller(principal))


async def count_partner(request: Request) -> None:
    """Count a delivery against the sender's network, before anything of it is read.

    Raises:
        ProblemError: 429, it sent too often.
    """
    client = request.client.host if request.client else None
    await _count(request, Budget.UPLOADS, f"partner/{network_of(client)}")


Services = Annotated[Container, Depends(container_of)]
Reader = Annotated[Principal, Depends(Gate(Role.READER, Budget.REQUESTS))]
Visitor = Annotated[Principal, Depends(Gate(Role.READER, Budget.REQUESTS, public=True))]
Asker = Annotated[Principal, Depends(Gate(Role.READER, Budget.QUESTIONS, public=True))]
Querier = Annotated[Principal, Depends(Gate(Role.READER, Budget.QUESTIONS))]
Editor = Annotated[Principal, Depends(Gate(Role.EDITOR, Budget.REQUESTS))]
Uploader = Annotated[Principal, Depends(Gate(Role.EDITOR, Budget.UPLOADS))]
Admin = Annotated[Principal, Depends(Gate(Role.ADMIN, Budget.REQUESTS))]
Partner = Depends(count_partner)

Identifier = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["0b9d2c61-4f0e-5d2a-9c0e-1c7a4d1f2b3c"])
]
Limit = Annotated[int, Query(ge=1, le=500, description="Most entries to return.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="Entries to skip.")]
