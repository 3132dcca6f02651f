"""The Responses API of OpenAI and of servers that offer it.

LiteLLM's way to it imports a package for tool servers at each call; the official client, which
LiteLLM brings along, needs nothing more.
"""

from typing import Any

from providers.chat_model.litellm_config import LiteLlmConfig


def open_client(config: LiteLlmConfig) -> Any:
    """Return a client of the server that the options name; nothing is connected yet."""
    import openai  # noqa: PLC0415 - half a second, and only this interface needs it

    headers = {name: value.get_secret_value() for name, value in config.headers.items()}
    return openai.AsyncOpenAI(
        api_key=config.api_key.get_secret_value() if config.api_key else None,
        base_url=config.api_base,
        timeout=config.timeout_s,
        max_retries=0,
        default_headers=headers,
    )


async def open_stream(
    client: Any, model: str, messages: list[dict[str, Any]], parameters: dict[str, Any]
) -> Any:
    """Ask; the server keeps nothing of it."""
    name = model.removeprefix("openai/")
    return await client.responses.create(
        model=name, input=messages, store=False, stream=True, **parameters
    )
