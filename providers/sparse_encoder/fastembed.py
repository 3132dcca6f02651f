"""Encodes with SPLADE in this process: a local folder, or a model that fastembed names."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from providers.embedder.model_folder import find_folder, weights_fingerprint
from providers.errors import ProviderError
from providers.once import Once
from providers.sparse_encoder.splade import FolderTermModel, NamedTermModel, TermModel
from providers.types import Health, SparseVector, Status, TextKind
from providers.visits import in_thread

DEFAULT_MODEL = "prithivida/Splade_PP_en_v1"


class FastEmbedSparseEncoderConfig(BaseModel):
    """Options of the `fastembed` sparse encoder.

    `model` is a folder below `models_dir`, a path to a folder with `model.onnx` and
    `tokenizer.json`, or a name that fastembed knows. `max_tokens` cuts longer texts in a
    folder's model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models_dir: Path = Path("models")
    model: str = DEFAULT_MODEL
    batch_size: int = Field(default=8, ge=1, le=256)
    max_tokens: int = Field(default=256, ge=8, le=8192)
    threads: int | None = Field(default=None, ge=1)


class FastEmbedSparseEncoder:
    """Gives words that a text is about, its own and others; loaded when it is first used."""

    config_type: ClassVar = FastEmbedSparseEncoderConfig
    in_process: ClassVar = True
    idf: ClassVar = False

    def __init__(self, config: FastEmbedSparseEncoderConfig) -> None:
        self._config = config
        self._model: Once[TermModel] = Once(self._load)
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """Model, weights and length limit."""
        if self._fingerprint is None:
            config, folder = self._config, self._folder()
            self._fingerprint = (
                f"fastembed:{config.model}"
                if folder is None
                else f"splade:{folder.name}:{weights_fingerprint(folder)}:{config.max_tokens}"
            )
        return self._fingerprint

    async def encode(
        self, texts: Sequence[str], *, kind: TextKind, language: str = "en"
    ) -> list[SparseVector]:
        """Encode `texts`, both kinds alike; the model knows the languages it was trained on."""
        return await in_thread(self._encode, texts)

    async def check(self) -> Health:
        """Load the model and encode one word."""
        try:
            await self.encode(["ready"], kind=TextKind.QUERY)
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
            device=held.device if (held := self._model.held) else None,
        )

    async def aclose(self) -> None:
        """Let go of the model."""
        self._model.drop()

    def _folder(self) -> Path | None:
        return find_folder(self._config.models_dir, self._config.model)

    def _encode(self, texts: Sequence[str]) -> list[SparseVector]:
        return self._model.get().encode(texts, self._config.batch_size)

    def _load(self) -> TermModel:
        config, folder = self._config, self._folder()
        if folder is None:
            return NamedTermModel(config.model, cache_dir=config.models_dir, threads=config.threads)
        return FolderTermModel(folder, threads=config.threads, max_tokens=config.max_tokens)
