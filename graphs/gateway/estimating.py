"""How much a call may cost, before it is made."""

import json
import math
from dataclasses import replace

from graphs.gateway.settings import RoleSettings
from providers.types import ChatRequest, TokenPrices, Usage

_BYTES_PER_TOKEN = 2
"""Few on purpose: English has some four bytes a token, tables of numbers some two."""
_PER_MESSAGE = 16
"""Tokens that a message costs beside its text, at most."""
_USUAL_BYTES = 4
CHARS_PER_TOKEN_AT_MOST = 8
"""Longer replies than this many characters for each allowed token are cut."""


def tuned(request: ChatRequest, role: RoleSettings) -> ChatRequest:
    """Return the request with what the role's settings say."""
    limit = role.max_output_tokens or request.max_output_tokens
    temperature = request.temperature if role.temperature is None else role.temperature
    return replace(request, max_output_tokens=limit, temperature=temperature)


def upper_input_tokens(request: ChatRequest) -> int:
    """Return an upper estimate of the tokens of a prompt with its tools and its schema."""
    extra = [json.dumps(dict(tool.parameters)) + tool.description for tool in request.tools]
    extra += [json.dumps(dict(request.output_schema))] if request.output_schema else []
    texts = [*(message.content for message in request.messages), *extra]
    return sum(math.ceil(len(t.encode()) / _BYTES_PER_TOKEN) + _PER_MESSAGE for t in texts)


def upper_cost(prices: TokenPrices | None, request: ChatRequest) -> float | None:
    """Return an upper estimate in US dollars; None when nobody knows the model's prices."""
    if prices is None:
        return None
    return prices.cost(read=upper_input_tokens(request), written=request.max_output_tokens)


def usual_usage(request: ChatRequest, written: str, prices: TokenPrices | None) -> Usage:
    """Estimate what a call has used that ended before the provider had counted."""
    read = sum(len(message.content.encode()) for message in request.messages) // _USUAL_BYTES
    wrote = math.ceil(len(written.encode()) / _USUAL_BYTES)
    cost = prices.cost(read=read, written=wrote) if prices else 0.0
    return Usage(input_tokens=read, output_tokens=wrote, cost_usd=cost, priced=prices is not None)
