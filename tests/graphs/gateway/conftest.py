"""A gateway over both databases, with models that fail on demand."""

import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from data import migrate
from data.database import Database
from data.models import BudgetAction, LlmCall
from data.models.budgets import NANO
from graphs.gateway.deployments import Deployment
from graphs.gateway.gateway import Gateway, ServedRole
from graphs.gateway.settings import GatewaySettings, RoleSettings
from graphs.models import Call, Role
from providers.chat_model.extractive import ExtractiveChatModel, ExtractiveConfig
from providers.principal import Principal, local_principal
from providers.types import ChatDelta, ChatMessage, ChatRequest, ChatRole, Health, Status, Usage

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
QUICK = GatewaySettings(backoff_s=0.001, max_backoff_s=0.05, cooldown_s=30.0)


@dataclass
class Actor:
    """A chat model that plays a list of acts, one a call; the last goes on.

    An act is a list of pieces, and an exception among them is raised at its place.
    """

    acts: Sequence[Sequence[Any]]
    model: str = "actor"
    usage: Usage | None = field(default_factory=lambda: Usage(input_tokens=10, output_tokens=5))
    requests: list[ChatRequest] = field(default_factory=list)
    closed: int = 0

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        act = self.acts[min(len(self.requests), len(self.acts) - 1)]
        self.requests.append(request)
        try:
            for piece in act:
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, ChatDelta):
                    yield piece
                elif callable(piece):
                    await piece()
                else:
                    yield ChatDelta(text=piece)
            if self.usage is not None:
                yield ChatDelta(usage=self.usage)
        finally:
            self.closed += 1

    async def check(self) -> Health:
        return Health(status=Status.READY, model=self.model)

    async def aclose(self) -> None:
        """Release nothing."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gateway") / "cicerone.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = shutil.copy(sqlite_template, tmp_path / "cicerone.db")
    opened = Database.open(f"sqlite+aiosqlite:///{path}")
    yield opened
    await opened.aclose()


@pytest.fixture(params=BOTH)
async def either(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[Database]:
    """A database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{shutil.copy(sqlite_template, tmp_path / 'either.db')}"
    else:
        maintenance = create_engine(
            request.getfixturevalue("postgres"), isolation_level="AUTOCOMMIT"
        )
        name = f"gateway_{uuid.uuid4().hex[:12]}"
        with maintenance.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        maintenance.dispose()
        url = maintenance.url.set(database=name).render_as_string(hide_password=False)
        migrate.upgrade(url)
    opened = Database.open(url)
    yield opened
    await opened.aclose()


@pytest.fixture
def principal() -> Principal:
    return local_principal()


@dataclass
class Desk:
    """Builds gateways, and reads what they wrote."""

    database: Database
    principal: Principal

    def gateway(
        self,
        *models: Actor | Deployment,
        role: Role = Role.SYNTHESIZE,
        settings: GatewaySettings = QUICK,
        last: bool = False,
        **options: Any,
    ) -> Gateway:
        deployments = tuple(
            one if isinstance(one, Deployment) else Deployment(name=one.model, model=one)
            for one in models
        )
        names = tuple(one.name for one in deployments)
        chosen = RoleSettings.model_validate({"models": names, **options})
        extractive = ExtractiveChatModel(ExtractiveConfig())
        return Gateway(
            {role: ServedRole(settings=chosen, deployments=deployments)},
            self.database,
            settings=settings,
            last_resort=Deployment(name="last", model=extractive) if last else None,
        )

    def call(self, role: Role = Role.SYNTHESIZE, **changes: Any) -> Call:
        message = ChatMessage(role=ChatRole.USER, content="How many litres?")
        request = ChatRequest(messages=(message,), **changes)
        return Call(principal=self.principal, role=role, request=request, trace_id="t1")

    async def rows(self) -> list[LlmCall]:
        async with self.database.begin(self.principal) as tx:
            return list(await tx.llm_calls.of_trace("t1"))

    async def limit(
        self, usd: float, action: BudgetAction = BudgetAction.REFUSE, role: str = "*"
    ) -> None:
        async with self.database.begin(self.principal) as tx:
            await tx.budgets.put(role, round(usd * NANO), action)


@pytest.fixture
def desk(database: Database, principal: Principal) -> Desk:
    return Desk(database, principal)


@pytest.fixture
def actor() -> Callable[..., Actor]:
    return lambda *acts, **options: Actor(acts, **options)
