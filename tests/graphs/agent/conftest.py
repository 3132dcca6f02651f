"""The agent over a real library of two manuals and the real sample shop."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command
from pydantic import SecretStr

from data.database import Database
from examples.shop.making import POLICY, make_shop
from graphs.agent.graph import build
from graphs.agent.settings import AgentSettings
from graphs.agent.state import AgentOutput, Context
from graphs.agent.tools import Tool, Toolbox
from graphs.gateway.deployments import Deployment
from graphs.gateway.gateway import Gateway, ServedRole
from graphs.gateway.settings import GatewaySettings, RoleSettings
from graphs.identity import config_for
from graphs.models import Models, Role
from graphs.query.graph import build as build_query
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.graph import build as build_sql
from graphs.text_to_sql.policy import load_policy
from providers.principal import Principal, local_principal
from providers.sql_datasource.sqlite import SqliteConfig, SqliteDatasource
from providers.types import ChatDelta, ToolCall, ToolDefinition
from tests.graphs.gateway.conftest import Actor
from tests.graphs.query.conftest import (
    NO_WAIT,
    Bench,
    bench,
    database,
    empty,
    filled_library,
    principal,
)
from tests.graphs.text_to_sql.conftest import SETTINGS, ShopDesks
from tools.ask_documents import AskDocuments
from tools.query_database import QueryDatabase

__all__ = ["bench", "database", "empty", "filled_library", "principal"]


@dataclass
class Shops(ShopDesks):
    """Databases of the principal, by name; all are the same shop."""

    called: tuple[str, ...] = ("shop",)

    async def names(self, principal: Principal) -> Sequence[str]:
        return self.called

    async def open(self, principal: Principal, name: str, *, fresh: bool = False) -> Desk:
        return replace(await super().open(principal, name, fresh=fresh), name=name)


@dataclass
class Stub:
    """A tool that gives what it is told to, or fails, and keeps what it was asked."""

    name: str
    gives: Any
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def definition(self) -> ToolDefinition:
        original = AskDocuments if self.name == "ask_documents" else QueryDatabase
        return original.definition

    async def __call__(self, _: Principal, **arguments: Any) -> Mapping[str, Any]:
        self.asked.append(arguments)
        if isinstance(self.gives, Exception):
            raise self.gives
        return dict(self.gives)


@dataclass
class Agent:
    """Asks the agent and keeps what it told."""

    toolbox: Toolbox
    database: Database
    databases: Shops | None
    models: Models | None = None
    settings: AgentSettings = field(default_factory=AgentSettings)
    principal: Principal = field(default_factory=local_principal)
    checkpointer: Any = None
    events: list[dict[str, Any]] = field(default_factory=list)

    def using(self, **changes: Any) -> "Agent":
        return replace(self, events=[], **changes)

    def with_tools(self, *, documents: Tool | None = None, database: Tool | None = None) -> "Agent":
        toolbox = Toolbox(
            documents=documents or self.toolbox.documents,
            database=database or self.toolbox.database,
        )
        return self.using(toolbox=toolbox)

    async def __call__(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        conversation_id: str | None = None,
        config: dict[str, Any] | None = None,
        **context: Any,
    ) -> AgentOutput:
        start = {
            "question": question,
            "conversation_id": conversation_id,
            "history": [{"role": role, "content": content} for role, content in history],
        }
        return await self.run(start, config or config_for(self.principal), **context)

    async def choose(self, choice: str, config: dict[str, Any], **context: Any) -> AgentOutput:
        return await self.run(Command(resume=choice), config, **context)

    async def run(self, start: Any, config: Any, **context: Any) -> AgentOutput:
        graph = build(
            self.toolbox,
            self.database,
            databases=self.databases,
            models=self.models,
            settings=self.settings,
            sql=SETTINGS,
        ).compile(checkpointer=self.checkpointer)
        output: Any = {}
        async for part in graph.astream(
            start,
            config,
            context=Context(**context),
            stream_mode=["custom", "values"],
            version="v2",
        ):
            if part["type"] == "custom":
                self.events.append(part["data"])
            else:
                output = part["data"]
        json.dumps(output)  # a checkpoint must be able to hold it
        return output  # type: ignore[no-any-return]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    @property
    def called(self) -> list[str]:
        return [event["tool"] for event in self.told("tool.called")]

    @property
    def spoken(self) -> str:
        return "".join(event["text"] for event in self.told("token"))


@pytest.fixture(scope="session")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


@pytest.fixture
async def shops(shop_file: Path) -> AsyncIterator[Shops]:
    datasource = SqliteDatasource(SqliteConfig(url=SecretStr(str(shop_file))))
    yield Shops(datasource, load_policy(POLICY))
    await datasource.aclose()


@pytest.fixture
def agent(bench: Bench, shops: Shops) -> Agent:
    query = build_query(bench.providers, bench.database, bench.settings, retry=NO_WAIT).compile()
    sql = build_sql(shops, settings=SETTINGS).compile()
    toolbox = Toolbox(documents=AskDocuments(query), database=QueryDatabase(sql))
    return Agent(toolbox=toolbox, database=bench.database, databases=shops)


MakeModels = Callable[..., tuple[Gateway, Actor]]


@pytest.fixture
def playing(database: Database) -> MakeModels:
    """Return a real gateway whose model for `agent` plays recorded replies back.

    A reply is a text, an error, or tool calls: pairs of a name and arguments.
    """

    def make(*replies: Any) -> tuple[Gateway, Actor]:
        actor = Actor(acts=[_act(at, reply) for at, reply in enumerate(replies)])
        deployment = Deployment(name="actor", model=actor)
        served = ServedRole(settings=RoleSettings(models=("actor",)), deployments=(deployment,))
        settings = GatewaySettings(attempts=1, backoff_s=0.001)
        return Gateway({Role.AGENT: served}, database, settings=settings), actor

    return make


def _act(at: int, reply: Any) -> list[Any]:
    if not isinstance(reply, list):
        return [reply]
    calls = tuple(
        ToolCall(
            id=f"call-{at}-{place}",
            name=name,
            arguments=said if isinstance(said, str) else json.dumps(said),
        )
        for place, (name, said) in enumerate(reply)
    )
    return [ChatDelta(tool_calls=calls)]
