"""What the loopback server says: sentences of the passages, or JSON of a schema."""

import json
import re
from collections.abc import Mapping
from typing import Any

_PASSAGE = re.compile(
    r"^\[1\][^\n]*\n+(?:#[^\n]*\n+)*(?P<text>.+?[.!?])(?=\s|$)", re.MULTILINE | re.DOTALL
)
"""The first sentence of passage [1], below its title and its headings."""
_PIECE = re.compile(r"\s*\S+")
DEFAULT_REPLY = "This is a scripted reply."
INVALID_JSON = '{"scripted": '


def reply_to(text: str) -> str:
    """Answer with the first sentence of passage [1] of a prompt, cited; else with a fixed one."""
    found = _PASSAGE.search(text)
    return f"{found['text'].strip()} [1]" if found else DEFAULT_REPLY


def pieces_of(text: str) -> list[str]:
    """Cut a reply into the pieces that a stream sends: words with the space before them."""
    return _PIECE.findall(text)


def tokens_of(text: str) -> int:
    """Count tokens as the scripted model does: words."""
    return len(text.split())


def instance_json(schema: Mapping[str, Any]) -> str:
    """Return a small JSON document that satisfies a plain schema."""
    return json.dumps(_instance(schema))


def _instance(schema: Mapping[str, Any]) -> Any:
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties", {})
        wanted = schema.get("required", list(properties))
        return {name: _instance(properties.get(name, {})) for name in wanted}
    if kind == "array":
        return [_instance(schema.get("items", {}))] * int(schema.get("minItems", 1))
    plain = {"integer": 1, "number": 0.5, "boolean": True, "null": None}
    least = schema.get("minimum")
    return least if kind in {"integer", "number"} and least else plain.get(kind, "scripted")
