"""What embedders on other machines have in common: texts as they are sent, rows as they come."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from providers.embedder.word_pieces import word_pieces
from providers.errors import ModelMissingError, ProviderError
from providers.once import Once
from providers.types import Matrix, TextKind

_TINY = np.finfo(np.float32).tiny


class HostedOptions(BaseModel):
    """What must be known of a model without asking its server.

    `dimensions` is the length of its vectors, `max_tokens` the longest text it is given.
    `query_prefix` and `passage_prefix` are put before texts, as the model's makers advise
    ("query: "). `tokenizer` is a local `tokenizer.json` of the model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    revision: str = ""
    dimensions: int = Field(ge=1, le=65_536)
    max_tokens: int = Field(default=256, ge=8, le=131_072)
    batch_size: int = Field(default=32, ge=1, le=2048)
    query_prefix: str = ""
    passage_prefix: str = ""
    tokenizer: Path | None = None


def fingerprint(plugin: str, options: HostedOptions, extra: str = "") -> str:
    """Name everything that the vectors depend on; `extra` is what only this plugin has."""
    parts = [plugin, options.model, options.revision, str(options.dimensions)]
    sent = [options.query_prefix, options.passage_prefix, extra]
    if any(sent):
        parts.append(hashlib.sha256("\0".join(sent).encode()).hexdigest()[:8])
    return ":".join(parts)


def prepared(texts: Sequence[str], kind: TextKind, options: HostedOptions) -> list[str]:
    """Put the prefix before each text; servers refuse empty texts, so a space stands for one."""
    prefix = options.query_prefix if kind is TextKind.QUERY else options.passage_prefix
    return [f"{prefix}{text}" or " " for text in texts]


def unit_rows(found: object, count: int, options: HostedOptions) -> Matrix:
    """Turn a server's vectors into L2-normalised rows, shape (count, dimensions).

    Raises:
        ProviderError: there are more or fewer vectors than texts, they are not as long as
            `dimensions` says, or hold something else than finite numbers.
    """
    try:
        rows = np.asarray(found, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ProviderError(f"{options.model} gave something else than vectors") from error
    if rows.ndim != 2 or len(rows) != count:  # noqa: PLR2004 - a matrix
        raise ProviderError(f"{options.model} gave {len(rows)} vectors for {count} texts")
    if rows.shape[1] != options.dimensions:
        raise ProviderError(
            f"{options.model} makes vectors of length {rows.shape[1]}, but "
            f"embedder.options.dimensions is {options.dimensions}"
        )
    if not np.isfinite(rows).all():
        raise ProviderError(f"{options.model} gave vectors that hold no finite numbers")
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = (rows / np.maximum(norms, _TINY)).astype(np.float32)
    return unit


class LocalSpans:
    """Token spans without a server: by the model's own tokenizer file, else by a guess."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._tokenizer: Once[Tokenizer] = Once(self._load)

    async def of(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token of the whole text.

        Raises:
            ModelMissingError: the tokenizer file cannot be read.
        """
        return await to_thread.run_sync(self._spans, text)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        if self._file is None:
            return word_pieces(text)
        return list(self._tokenizer.get().encode(text, add_special_tokens=False).offsets)

    def _load(self) -> Tokenizer:
        try:
            found = Tokenizer.from_file(str((self._file or Path()).expanduser()))
        except Exception as error:  # tokenizers raises bare ones
            raise ModelMissingError(
                f"embedder.options.tokenizer: cannot read {self._file}: {error}"
            ) from error
        found.no_truncation()
        found.no_padding()
        return found
