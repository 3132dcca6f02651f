"""The default embedder: an ONNX model in a local folder, or one that fastembed names."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.embedder.encoder import FolderEncoder, FolderModel, Pooling, Weights, describe
from providers.embedder.model_folder import find_folder
from providers.embedder.recipes import DEFAULT_MODEL, RECIPES
from providers.errors import ProviderError
from providers.types import Health, Matrix, Status, TextKind
from providers.visits import in_thread

if TYPE_CHECKING:
    from providers.embedder.named import NamedEncoder

_BULK_CALLS = 3
"""Calls with passages that may be at work at once; they share the encoder's threads, and while
one is being prepared or ends, those do not stand idle."""


_Encoder: TypeAlias = "FolderEncoder | NamedEncoder"


class FastEmbedConfig(BaseModel):
    """Options of the `fastembed` embedder.

    `model` is a folder below `models_dir`, a path to a folder with `model.onnx` and
    `tokenizer.json`, or a name that fastembed knows. `pooling` overrides what the folder
    says. `max_tokens` cuts longer texts. `weights` chooses between the 8-bit copy of a
    prepared model (twice as fast for a question) and its original; the two make vectors that
    do not mix, so changing it asks for a new index.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models_dir: Path = Path("models")
    model: str = DEFAULT_MODEL
    pooling: Pooling | None = None
    weights: Weights = Weights.INT8
    batch_size: int = Field(default=32, ge=1, le=1024)
    max_tokens: int = Field(default=256, ge=8, le=8192)
    threads: int | None = Field(default=None, ge=1)


class FastEmbedEmbedder:
    """Embeds in this process; the model is loaded when it is first used."""

    config_type: ClassVar = FastEmbedConfig
    in_process: ClassVar = True

    def __init__(self, config: FastEmbedConfig) -> None:
        self._config = config
        self._described: FolderModel | None = None
        self._encoder: _Encoder | None = None
        self._loading = threading.Lock()
        self._bulk = CapacityLimiter(_BULK_CALLS)

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        model = self._folder_model()
        return model.dimensions if model else _named_dimensions(self._config.model)

    @property
    def fingerprint(self) -> str:
        """Model, weights, pooling and length limit."""
        model = self._folder_model()
        if model is None:
            return f"fastembed:{self._config.model}"
        return f"onnx:{model.name}:{model.fingerprint}:{model.pooling}:{self._config.max_tokens}"

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole, special tokens included."""
        return self._config.max_tokens

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Embed `texts`; queries do not wait behind passages."""
        limiter = self._bulk if kind is TextKind.PASSAGE else None
        return await in_thread(self._embed, texts, limiter=limiter)

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the character span of each token of the whole text."""
        return await to_thread.run_sync(self._token_spans, text)

    async def check(self) -> Health:
        """Load the model and embed one word."""
        try:
            vector = await self.embed(["ready"], kind=TextKind.QUERY)
        except ProviderError as error:
            return Health(
                status=Status.UNAVAILABLE,
                plugin="fastembed",
                detail=str(error),
                model=self._config.model,
            )
        return Health(
            status=Status.READY,
            plugin="fastembed",
            model=self._config.model,
            dimensions=vector.shape[1],
            device=self._encoder.device if self._encoder else None,
        )

    async def aclose(self) -> None:
        """Let go of the model."""
        self._encoder = None

    def _embed(self, texts: Sequence[str]) -> Matrix:
        return self._loaded().embed(texts, self._config.batch_size)

    def _token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        return self._loaded().token_spans(text)

    def _folder(self) -> Path | None:
        """The folder that the option `model` names, or None for a name of fastembed's."""
        models_dir, name = self._config.models_dir, self._config.model
        # One that can be prepared is named with its folder even before that is made.
        return models_dir / name if name in RECIPES else find_folder(models_dir, name)

    def _folder_model(self) -> FolderModel | None:
        if self._described is None and (folder := self._folder()):
            self._described = describe(folder, self._config.pooling, self._config.weights)
        return self._described

    def _loaded(self) -> _Encoder:
        """Return the encoder, loading it once."""
        with self._loading:
            if self._encoder is None:
                self._encoder = self._load()
            return self._encoder

    def _load(self) -> _Encoder:
        config, model = self._config, self._folder_model()
        if model is None:
            return _named(config)
        return FolderEncoder(model, threads=config.threads, max_tokens=config.max_tokens)


# The package fastembed takes 0.4 s and 39 MB to import, which a local folder does not need.


def _named(config: FastEmbedConfig) -> "NamedEncoder":
    """Load a model that fastembed names."""
    from providers.embedder.named import NamedEncoder, named_dimensions  # noqa: PLC0415

    named_dimensions(config.model)
    return NamedEncoder(config.model, cache_dir=config.models_dir, threads=config.threads)


def _named_dimensions(name: str) -> int:
    from providers.embedder.named import named_dimensions  # noqa: PLC0415

    return named_dimensions(name)
