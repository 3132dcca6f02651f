"""A provider with another interface: its prompt cache is asked for, and its counts are read."""

import asyncio
import json
from typing import Any

import pytest

from providers.chat_model.litellm import LiteLlmChatModel
from providers.chat_model.litellm_config import LiteLlmConfig
from providers.types import ChatMessage, ChatRequest, ChatRole

pytestmark = pytest.mark.integration

EVENTS: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [],
            "stop_reason": None,
            "usage": {
                "input_tokens": 10,
                "output_tokens": 1,
                "cache_read_input_tokens": 90,
                "cache_creation_input_tokens": 0,
            },
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": "Hello there."},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 5},
    },
    {"type": "message_stop"},
]


async def test_the_stable_prefix_is_marked_and_cached_tokens_are_cheap() -> None:
    bodies: list[dict[str, Any]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = head.split("content-length:")[1].split("\r\n")[0]
        bodies.append(json.loads(await reader.readexactly(int(size))))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        for event in EVENTS:
            writer.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await writer.drain()
        writer.close()

    messages = (
        ChatMessage(role=ChatRole.USER, content="Hello?"),
        ChatMessage(role=ChatRole.SYSTEM, content="Rules."),
    )
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        options = {
            "model": "anthropic/claude-sonnet-4-5",
            "api_base": f"http://127.0.0.1:{port}",
            "api_key": "k",
            "prices": {"input": 3.0, "output": 15.0, "cached_input": 0.3},
        }
        model = LiteLlmChatModel(LiteLlmConfig.model_validate(options))
        deltas = [delta async for delta in model.stream(ChatRequest(messages=messages))]
    usage = deltas[-1].usage
    assert deltas[0].text == "Hello there."
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (100, 90, 5)
    assert usage.cost_usd == pytest.approx((10 * 3 + 90 * 0.3 + 5 * 15) / 1e6)
    (body,) = bodies
    assert body["system"] == [
        {"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}}
    ]
    assert body["max_tokens"] == 1024
