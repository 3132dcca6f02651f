"""A compiled prompt: typed messages with gaps where the inputs go, as it lies on disk."""

import hashlib
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.errors import CatalogueError
from providers.types import ChatRole

FORMAT: Final = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TextPart(_Record):
    """Words of the prompt itself."""

    text: str


class InputPart(_Record):
    """A gap that the value of an input fills."""

    input: str


class CompiledMessage(_Record):
    """One message; its content is the parts, joined."""

    role: ChatRole
    parts: tuple[TextPart | InputPart, ...]


class CompiledTool(_Record):
    """A function that the model may ask for; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]


class Variant(_Record):
    """The messages for one combination of flags; `flags` names those that are on, sorted."""

    flags: tuple[str, ...]
    messages: tuple[CompiledMessage, ...] = Field(min_length=1)


class Compiled(_Record):
    """A compiled version of a prompt; `source_sha256` is the hash of its template's bytes."""

    format: Literal[1] = FORMAT
    name: str
    version: str
    source_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    compiler: str
    inputs: tuple[str, ...]
    flags: tuple[str, ...]
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_output_tokens: int | None = Field(default=None, ge=1)
    output_schema: dict[str, Any] | None = None
    tools: tuple[CompiledTool, ...] = ()
    variants: tuple[Variant, ...] = Field(min_length=1)

    def to_bytes(self) -> bytes:
        """Return the file: the same prompt always gives the same bytes."""
        return (self.model_dump_json(indent=2) + "\n").encode()

    @property
    def output(self) -> tuple[str, ...]:
        """The fields of the JSON object that the model must answer with."""
        return tuple((self.output_schema or {}).get("properties", {}))


def read_compiled(data: bytes, origin: str) -> Compiled:
    """Read a compiled file's bytes; `origin` names it in messages.

    Raises:
        CatalogueError: it is not a compiled prompt.
    """
    try:
        return Compiled.model_validate_json(data)
    except ValidationError as error:
        raise CatalogueError(f"{origin} is not a compiled prompt: {error}") from error


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
