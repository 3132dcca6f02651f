"""A client that goes away stops its run, over a real connection."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpx
import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from api.app import create_app
from providers.types import ChatDelta, ChatRequest, Health, Status, Usage
from service.answering import Answering
from service.container import Container
from service.settings import Settings
from service.tool_calls import ToolCalls
from service.workflows import Workflows

Serve = Callable[[FastAPI], AbstractAsyncContextManager[str]]

BODY = {"question": "How often must the boiler be descaled?"}
CHAT = {"model": "cicerone", "messages": [{"role": "user", "content": BODY["question"]}]}


class Endless:
    """A chat model that writes one supported sentence after the other, and never stops."""

    model = "endless"

    def __init__(self) -> None:
        self.written = 0
        self.begun, self.stopped = asyncio.Event(), asyncio.Event()

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        try:
            while True:
                await asyncio.sleep(0.02)
                self.written += 1
                self.begun.set()
                yield ChatDelta(text="Descale the boiler every 60 days [1]. ")
        finally:
            self.stopped.set()
        yield ChatDelta(usage=Usage())

    async def check(self) -> Health:
        return Health(status=Status.READY)

    async def aclose(self) -> None:
        """Hold nothing."""


@pytest.fixture
def model() -> Endless:
    return Endless()


@pytest.fixture
async def address(
    settings: Settings, container: Container, model: Endless, serve: Serve, upload: Any
) -> AsyncIterator[str]:
    providers = replace(container.providers, chat_model=model)
    workflows = Workflows.build(settings, providers, container.database)
    answering = Answering(
        query=workflows.query,
        search=workflows.search,
        audit=container.upkeep.audit,
        conversations=container.conversations,
        summariser=container.summariser,
        searches=container.searches,
        tracer=container.tracer,
    )
    tools = ToolCalls(
        answering=answering,
        sql=container.sql,
        datasources=container.datasources,
        tracer=container.tracer,
    )
    changed = replace(container, providers=providers, answering=answering, tools=tools)
    app = create_app(settings, changed)
    async with serve(app) as found:
        async with httpx.AsyncClient(base_url=found) as client:
            await upload(client, "manual.md", b"# Boiler\n\nDescale the boiler every 60 days.")
        yield found


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/ask", {**BODY, "stream": True}), ("/v1/chat/completions", {**CHAT, "stream": True})],
)
async def test_leaving_a_stream_stops_the_model(
    address: str, model: Endless, path: str, body: dict[str, Any]
) -> None:
    async with (
        httpx.AsyncClient(base_url=address) as client,
        client.stream("POST", path, json=body) as response,
    ):
        async for line in response.aiter_lines():
            # The passage that was found says so as well, before the model has begun.
            if model.begun.is_set() and "60 days" in line:
                break
        assert not model.stopped.is_set()
    await asyncio.wait_for(model.stopped.wait(), 5)
    written = model.written
    await asyncio.sleep(0.1)
    assert model.written == written


@pytest.mark.parametrize(("path", "body"), [("/api/ask", BODY), ("/v1/chat/completions", CHAT)])
async def test_giving_up_on_an_answer_stops_the_model(
    address: str, model: Endless, path: str, body: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        asked = asyncio.create_task(client.post(path, json=body, timeout=30))
        await model.begun.wait()
        asked.cancel()
        await asyncio.wait([asked])
    await asyncio.wait_for(model.stopped.wait(), 5)
    assert model.written > 0


async def test_giving_up_on_a_tool_stops_the_model(address: str, model: Endless) -> None:
    async with httpx2.AsyncClient(timeout=30) as http:
        transport = streamable_http_client(f"{address}/mcp", http_client=http)
        async with Client(transport, mode="2026-07-28") as client:
            asked = asyncio.create_task(client.call_tool("ask_documents", BODY))
            await model.begun.wait()
            asked.cancel()
            await asyncio.wait([asked])
            await asyncio.wait_for(model.stopped.wait(), 2)
    assert model.written > 0


async def test_hanging_up_on_a_tool_stops_the_model(address: str, model: Endless) -> None:
    call = {"name": "ask_documents", "arguments": BODY}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    headers = {"Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        asked = asyncio.create_task(client.post("/mcp", json=body, timeout=30))
        await model.begun.wait()
        asked.cancel()
        await asyncio.wait([asked])
    await asyncio.wait_for(model.stopped.wait(), 2)
    assert model.written > 0
