"""A causal language model in memory: its prompt, its generation, its end."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    StoppingCriteria,
    StoppingCriteriaList,
    TextStreamer,
)
from transformers.utils.logging import disable_progress_bar

from providers.errors import ModelMissingError, ProviderError, TransientProviderError
from providers.types import ChatMessage, ChatRequest, ChatRole, Usage


class LocalModel:
    """Weights and tokenizer of one folder, on one device."""

    def __init__(self, folder: Path, *, device: str, dtype: str, threads: int | None) -> None:
        if not (folder / "config.json").is_file():
            raise ModelMissingError(f"no config.json in {folder}: it holds no transformers model")
        if threads is not None:
            torch.set_num_threads(threads)
        self.device = _device(device)
        disable_progress_bar()  # it would draw over the console
        kind = "float32" if dtype == "auto" and self.device == "cpu" else dtype
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            # Other formats than safetensors may hold code.
            self._model = AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=kind
            )
            self._model = self._model.to(self.device).eval()
        except torch.OutOfMemoryError as error:
            raise ProviderError(f"{folder} does not fit into {self.device}: {error}") from error
        except Exception as error:  # transformers raises many kinds
            raise ProviderError(f"cannot load the chat model in {folder}: {error}") from error
        self._marks = _marks(self._tokenizer)

    @property
    def has_template(self) -> bool:
        """Whether the folder says how a conversation is written down."""
        return bool(self._tokenizer.chat_template)

    def write(
        self, request: ChatRequest, emit: Callable[[str], None], stop: threading.Event
    ) -> Usage:
        """Generate until the model ends, `stop` is set or the reply is long enough.

        Args:
            request: Its messages are the prompt; without any, its question is.
            emit: Is given the text piece by piece, in this thread.
            stop: Ends the generation before the next token.

        Raises:
            TransientProviderError: the device's memory is full.
            ProviderError: the prompt is too long, or the model fails.
        """
        given = request.messages or (ChatMessage(role=ChatRole.USER, content=request.question),)
        ids = self._prompt(given).to(self.device)
        pieces = _Pieces(self._tokenizer, emit)
        try:
            self._model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                streamer=pieces,
                stopping_criteria=StoppingCriteriaList([_Stopped(stop)]),
                **self._limits(request, ids.shape[1]),
            )
        except torch.OutOfMemoryError as error:
            raise TransientProviderError(f"no memory left on {self.device}: {error}") from error
        except (RuntimeError, ValueError, IndexError) as error:
            raise ProviderError(f"the local chat model failed: {error}") from error
        return Usage(input_tokens=ids.shape[1], output_tokens=pieces.tokens)

    def _prompt(self, messages: Sequence[ChatMessage]) -> Any:
        """Return the token ids of the conversation, shape (1, tokens)."""
        turns = [
            {"role": message.role.value, "content": self._unmarked(message.content)}
            for message in messages
        ]
        if not self.has_template:
            return self._tokenizer(_plain(turns), return_tensors="pt")["input_ids"]
        try:
            return self._templated(turns)
        except TemplateError:
            # Some templates know no system messages.
            try:
                return self._templated(_without_system(turns))
            except TemplateError as error:
                raise ProviderError(f"the model's chat template refused: {error}") from error

    def _templated(self, turns: list[dict[str, str]]) -> Any:
        found = self._tokenizer.apply_chat_template(
            turns,
            add_generation_prompt=True,
            # Marks that are no special tokens, but that the template uses.
            sanitize_control_tokens=True,
            return_tensors="pt",
            return_dict=True,
        )
        return found["input_ids"]

    def _unmarked(self, content: str) -> str:
        """Take out the marks that part the turns: no text may open a turn of its own."""
        for mark in self._marks:
            content = content.replace(mark, " ")
        return content

    def _limits(self, request: ChatRequest, read: int) -> dict[str, Any]:
        longest = getattr(self._model.config, "max_position_embeddings", None)
        room = request.max_output_tokens if longest is None else longest - read
        if room <= 0:
            raise ProviderError(f"the prompt has {read} tokens; the model takes {longest} in all")
        limits: dict[str, Any] = {
            "max_new_tokens": min(request.max_output_tokens, room),
            "pad_token_id": self._pad(),
        }
        if request.temperature is None:
            return limits
        if request.temperature == 0:
            # A folder may set these, and generation remarks on them when it does not sample.
            unset = dict.fromkeys(("temperature", "top_p", "top_k"))
            return {**limits, **unset, "do_sample": False}
        return {**limits, "do_sample": True, "temperature": request.temperature}

    def _pad(self) -> int:
        """Return any token for filling up: one sequence alone needs none, but must name one."""
        for found in (self._tokenizer.pad_token_id, self._tokenizer.eos_token_id):
            if found is not None:
                return int(found)
        return 0


class _Pieces(TextStreamer):  # type: ignore[misc]
    """Hands on whole characters and counts the tokens written."""

    def __init__(self, tokenizer: Any, emit: Callable[[str], None]) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._emit = emit
        self.tokens = 0

    def put(self, value: Any) -> None:
        """Take a token; the first call brings the prompt."""
        if not self.next_tokens_are_prompt:
            self.tokens += value.numel()
        super().put(value)

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Take text that later tokens do not change."""
        if text:
            self._emit(text)


class _Stopped(StoppingCriteria):  # type: ignore[misc]
    """Ends a generation that nobody waits for any more."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        return torch.full((input_ids.shape[0],), self._stop.is_set(), device=input_ids.device)


def _device(wanted: str) -> str:
    """Return the device to use.

    Raises:
        ProviderError: there is none of that kind.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available()}
    there["mps"] = torch.backends.mps.is_available()
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted.split(":", maxsplit=1)[0]]:
        found = ", ".join(name for name, found in there.items() if found)
        raise ProviderError(f"chat_model.options.device: no {wanted!r} here; there is {found}")
    return wanted


def _marks(tokenizer: Any) -> list[str]:
    """Return the special tokens as they are written, longest first."""
    added = tokenizer.added_tokens_decoder.values()
    found = {str(token) for token in added if token.special} | set(tokenizer.all_special_tokens)
    return sorted(found, key=lambda mark: (-len(mark), mark))


def _plain(turns: Sequence[dict[str, str]]) -> str:
    """Write a conversation down for a model that has no way of its own."""
    lines = [f"{turn['role'].capitalize()}: {turn['content']}" for turn in turns]
    return "\n\n".join([*lines, "Assistant:"])


def _without_system(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """Put what the system says before the first thing that the user says."""
    said = [turn["content"] for turn in turns if turn["role"] == "system"]
    first, *others = [turn for turn in turns if turn["role"] != "system"] or [{"content": ""}]
    content = "\n\n".join([*said, first["content"]]).strip()
    return [{"role": "user", **first, "content": content}, *others]
