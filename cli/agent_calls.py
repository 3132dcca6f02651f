"""What the commands need of the agent, in this process or in a running server."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from api.collections import require_collection
from cli.sse import ServerEvent
from providers.principal import Principal
from service.agent_schemas import AgentRequest
from service.container import Container
from service.schemas import RunEvent

Stream = Callable[..., AsyncIterator[ServerEvent]]


class AgentCalls(Protocol):
    """Questions to the agent."""

    def ask(self, request: AgentRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        ...


class LocalAgent:
    """Calls the service in this process."""

    def __init__(self, container: Container, principal: Principal) -> None:
        self._container = container
        self._principal = principal

    async def ask(self, request: AgentRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events.

        Raises:
            CollectionNotFoundError: there is no such collection.
        """
        await require_collection(self._container, self._principal, request.collection)
        async for event in self._container.agent.ask(self._principal, request):
            yield event


class RemoteAgent:
    """Speaks the native API."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def ask(self, request: AgentRequest) -> AsyncIterator[RunEvent]:
        """Answer a question as a stream of events."""
        body: dict[str, Any] = {**request.model_dump(mode="json"), "stream": True}
        async for event in self._stream("POST", "/api/agent", json=body):
            yield RunEvent(type=event.name, data=json.loads(event.data))
