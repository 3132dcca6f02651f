"""Builds the HTTP application."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from api import documentation, error_handlers
from api.body_limit import BodyLimit
from api.mcp.face import McpFace, is_served
from api.mcp.routes import MCP_HEADERS
from api.mcp.routes import router as mcp_router
from api.request_context import TRACE_HEADER, RequestContext
from api.routes import (
    agent,
    ask,
    audit,
    budgets,
    caches,
    collections,
    content,
    conversations,
    datasources,
    documents,
    feedback,
    guards,
    health,
    jobs,
    keys,
    licences,
    metrics,
    origins,
    quarantine,
    sources,
    sql,
    traces,
    upkeep,
)
from api.security.access import Access
from api.security.browser_guard import BrowserGuard
from api.security.rate_limit import RateLimiter
from api.v1 import chat, models, votes
from service.container import Container, open_container
from service.settings import Settings

Mount = Callable[[FastAPI, Callable[[], Container]], None]
"""Adds a face to the application, such as the console; the container is there once it runs."""

_ROUTERS = (
    health.router,
    ask.router,
    conversations.router,
    documents.router,
    content.router,
    collections.router,
    licences.router,
    quarantine.router,
    jobs.router,
    sources.router,
    datasources.router,
    sql.router,
    agent.router,
    sources.partners,
    origins.router,
    keys.router,
    budgets.router,
    upkeep.router,
    audit.router,
    traces.router,
    metrics.router,
    caches.router,
    guards.router,
    feedback.router,
    votes.router,
    chat.router,
    models.router,
)
_EXPOSED = [TRACE_HEADER, "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "ETag"]


def create_app(
    settings: Settings, container: Container | None = None, *, mounts: Sequence[Mount] = ()
) -> FastAPI:
    """Build the application.

    A container that is given stays the caller's to close; otherwise the application opens
    one at its start and closes it at its end.

    Raises:
        SettingsError: `auth.jwt`, `server.rate_limit` or `mcp` cannot work as configured.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(limiter.aclose)
            opened = container or await stack.enter_async_context(
                open_container(settings, resume=True)
            )
            app.state.container = opened
            stack.push_async_callback(mcp.aclose)
            yield

    def current() -> Container:
        found: Container = app.state.container
        return found

    access = Access(settings, current)
    limiter = RateLimiter(settings.server.rate_limit)
    mcp = McpFace(current)
    app = FastAPI(
        title="Cicerone",
        version=version("cicerone"),
        description=documentation.DESCRIPTION,
        lifespan=lifespan,
        middleware=_middleware(settings, access),
        openapi_url="/api/openapi.json",
        # The interactive pages load scripts from a content delivery network, which a
        # self-hosted service must not.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.access = access
    app.state.rate_limiter = limiter
    app.state.health = health.ReportCache()
    error_handlers.install(app)
    documentation.install(app)
    for router in _ROUTERS:
        app.include_router(router)
    if is_served(settings.mcp):
        app.state.mcp = mcp
        app.include_router(mcp_router)
    for mount in mounts:
        mount(app, current)
    return app


def _middleware(settings: Settings, access: Access) -> list[Middleware]:
    """List the layers, outermost first."""
    server = settings.server
    layers = [
        Middleware(RequestContext),
        Middleware(
            BrowserGuard,
            access=access,
            allowed_hosts=server.allowed_hosts,
            origins=server.cors_origins,
        ),
    ]
    if server.cors_origins:
        layers.append(
            Middleware(
                CORSMiddleware,
                allow_origins=server.cors_origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=[
                    "Authorization",
                    "Content-Type",
                    "X-API-Key",
                    "X-Conversation-Id",
                    "Last-Event-ID",
                    *MCP_HEADERS,
                ],
                expose_headers=_EXPOSED,
            )
        )
    return [*layers, Middleware(BodyLimit, max_kib=server.max_body_kb)]
