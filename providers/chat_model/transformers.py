"""Writes with a causal language model of a local folder, in this process."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.embedder.model_folder import find_folder
from providers.errors import ModelMissingError, ProviderError
from providers.once import Once
from providers.types import ChatDelta, ChatRequest, Health, Status, Usage

if TYPE_CHECKING:
    from providers.chat_model.local_generation import LocalModel

# Both take seconds to import, so that is left to the first use; that they are there is not.
for _package in ("torch", "transformers"):
    if find_spec(_package) is None:
        raise ModuleNotFoundError(f"No module named {_package!r}", name=_package)


class TransformersConfig(BaseModel):
    """Options of the `transformers` chat model.

    `model` is a folder below `models_dir` or a path: what `save_pretrained` writes, with
    weights as safetensors. `device` `auto` takes a GPU when there is one. `dtype` `auto` is the
    weights' own on a GPU and float32 on a processor. `at_once` answers are written side by
    side; others wait. `threads` are the processor cores that one answer uses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models_dir: Path = Path("models")
    model: str = Field(min_length=1)
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    at_once: int = Field(default=1, ge=1, le=16)
    threads: int | None = Field(default=None, ge=1)


class TransformersChatModel:
    """A chat model that is loaded when it is first used.

    It calls no tools, and an output schema is not enforced: the caller checks the reply.
    """

    config_type: ClassVar = TransformersConfig

    def __init__(self, config: TransformersConfig) -> None:
        self._config = config
        self._model: Once[LocalModel] = Once(self._load)
        self._pool = ThreadPoolExecutor(config.at_once, thread_name_prefix="chat")
        self._under_way: set[threading.Event] = set()

    @property
    def model(self) -> str:
        """Name of the folder."""
        return Path(self._config.model).name

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Yield the reply as it is written; closing the iterator stops the model.

        Raises:
            ModelMissingError: the folder is absent or not whole.
            TransientProviderError: the device's memory is full.
            ProviderError: the prompt is too long for the model or asks for tools, or the chat
                model was closed.
        """
        if request.tools:
            raise ProviderError("the `transformers` chat model calls no tools: use another model")
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def emit(text: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, text)

        try:
            work = loop.run_in_executor(self._pool, self._write, request, emit, stop)
        except RuntimeError as error:
            raise ProviderError("the chat model is closed") from error
        self._under_way.add(stop)
        work.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield ChatDelta(text=piece)
            if work.cancelled():
                raise ProviderError("the chat model was closed before it began")
            usage = await work
        finally:
            stop.set()
            work.cancel()
            self._under_way.discard(stop)
        yield ChatDelta(usage=usage)

    async def check(self) -> Health:
        """Load the model."""
        try:
            loaded = await to_thread.run_sync(self._model.get)
        except ProviderError as error:
            return Health(
                status=Status.UNAVAILABLE,
                plugin="transformers",
                detail=str(error),
                model=self.model,
            )
        return Health(
            status=Status.READY,
            plugin="transformers",
            detail="" if loaded.has_template else "the folder has no chat template",
            model=self.model,
            device=loaded.device,
        )

    async def aclose(self) -> None:
        """Stop what is being written and let go of the model."""
        for stop in self._under_way:
            stop.set()
        await to_thread.run_sync(partial(self._pool.shutdown, cancel_futures=True))
        self._model.drop()

    def _write(
        self, request: ChatRequest, emit: Callable[[str], None], stop: threading.Event
    ) -> Usage:
        """Write one reply in a thread of the pool."""
        return self._model.get().write(request, emit, stop)

    def _load(self) -> "LocalModel":
        config = self._config
        folder = find_folder(config.models_dir, config.model)
        if folder is None:
            raise ModelMissingError(
                f"chat_model.options.model: no folder {config.model!r}, neither below "
                f"{config.models_dir} nor as a path; copy the model there (config.json, "
                "tokenizer.json, *.safetensors)"
            )
        from providers.chat_model.local_generation import LocalModel  # noqa: PLC0415

        return LocalModel(folder, device=config.device, dtype=config.dtype, threads=config.threads)
