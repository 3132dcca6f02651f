from collections.abc import AsyncIterator

import pytest

from providers.chat_model.scripted_server import ScriptedServer


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """An OpenAI-compatible server whose faults are named."""
    async with ScriptedServer() as running:
        yield running
