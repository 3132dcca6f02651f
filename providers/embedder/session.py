"""A loaded encoder: one tokenizer and one model for each model folder in the process.

The embedder and the late-interaction reranker share it.

Passages are many runs: there each keeps to one thread, and as many go on side by side as there
are threads. To split those too costs a meeting of all threads after every operation (on two cores
10 % of the speed, and 25 % when two such runs meet). A question is one short run, which is done
soonest when all threads work on it. So there are two sessions over the same weights, and the one
for passages is opened when it is first needed.
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import onnxruntime as ort
from cachetools import LRUCache
from numpy.typing import NDArray
from tokenizers import Tokenizer

from providers.embedder.batching import Batch, Ids, batched
from providers.embedder.model_folder import WEIGHTS
from providers.embedder.optimised import optimised
from providers.errors import ModelMissingError, ProviderError

Hidden = NDArray[np.float32]
_PREFERRED = ("CUDAExecutionProvider", "CPUExecutionProvider")
_GIVEN = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_TOKENIZE_SLICE = 1024
"""Texts tokenized at once: bounds the memory of encodings."""
_REMEMBERED = 64
"""Runs of one short text that are not done again; 0.1 MB each at most with 384 dimensions."""
_SHORT = 64
"""Tokens of such a text, at most: what is asked, not what is read."""


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """One run of the model: `rows` are positions in the input, `hidden` (rows, length, dim)."""

    rows: Sequence[int]
    ids: Ids
    mask: Ids
    hidden: Hidden


class EncoderSession:
    """An encoder that returns the last hidden state of each token; safe to use from threads."""

    def __init__(self, folder: Path, threads: int | None, weights: str = WEIGHTS) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._pad = self.tokenizer.token_to_id("[PAD]") or 0
        self.special_ids = frozenset(
            id_ for id_, token in self.tokenizer.get_added_tokens_decoder().items() if token.special
        )
        self._reserved = self.tokenizer.num_special_tokens_to_add(False)
        self._threads = threads or cores()
        self._weights = fastest_weights(folder / weights)
        self._session = load_session(self._weights, self._threads)
        self._inputs = input_names(self._session, folder)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encoder")
        self._single: ort.InferenceSession | None = None
        self._opening = threading.Lock()
        self._recent: LRUCache[tuple[int, ...], EncodedBatch] = LRUCache(_REMEMBERED)
        self._recalling = threading.Lock()

    @property
    def device(self) -> str:
        """The ONNX Runtime provider that runs the model."""
        return str(self._session.get_providers()[0])

    def batches(
        self, texts: Sequence[str], *, max_tokens: int, batch_size: int
    ) -> Iterator[EncodedBatch]:
        """Run the model over `texts` in batches of similar length, longest first.

        One batch runs in the calling thread. Several run side by side, and take turns with
        those of other callers.

        Args:
            texts: What to encode.
            max_tokens: Longer texts are cut, special tokens included.
            batch_size: Most texts in a batch.
        """
        batches = self._batched(texts, max_tokens, batch_size)
        first, second = next(batches, None), next(batches, None)
        if first is not None and second is None:
            yield self._run_alone(first)
        elif first is not None and second is not None:
            yield from self._side_by_side(chain((first, second), batches))

    def _run_alone(self, batch: Batch) -> EncodedBatch:
        """Run the model over one batch; a question that was just run is not run again.

        The search embeds it, and the reranker then asks for its tokens.
        """
        if len(batch.rows) > 1 or batch.width > _SHORT:
            return self._run(self._session, batch)
        key = tuple(batch.tokens[0])
        with self._recalling:
            found = self._recent.get(key)
        if found is None:
            found = self._run(self._session, batch)
            found.hidden.flags.writeable = False
            with self._recalling:
                self._recent[key] = found
        return replace(found, rows=batch.rows)

    def _side_by_side(self, batches: Iterator[Batch]) -> Iterator[EncodedBatch]:
        """Keep all threads at work, but prepare and hold no more than that needs."""
        session = self._single_threaded()
        running: deque[Future[EncodedBatch]] = deque()
        try:
            for batch in batches:
                running.append(self._pool.submit(self._run, session, batch))
                if len(running) > self._threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

    def _single_threaded(self) -> ort.InferenceSession:
        """Return the session whose runs keep to one thread; another device has but one session."""
        if self._threads == 1 or self.device != _PREFERRED[-1]:
            return self._session
        with self._opening:
            if self._single is None:
                # Runs for passages are alike, so the memory of one serves the next.
                self._single = load_session(self._weights, 1, keep_memory=True)
            return self._single

    def _batched(self, texts: Sequence[str], max_tokens: int, most: int) -> Iterator[Batch]:
        for start in range(0, len(texts), _TOKENIZE_SLICE):
            encodings = self._tokenize(texts[start : start + _TOKENIZE_SLICE], max_tokens)
            yield from batched(encodings, first=start, most=most)

    def _tokenize(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """Return the token ids of each text, cut to `max_tokens` with special tokens."""
        found = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts))]
        return [
            ids if len(ids) <= max_tokens else self._cut(text, max_tokens)
            for ids, text in zip(found, texts, strict=True)
        ]

    def _cut(self, text: str, max_tokens: int) -> list[int]:
        """Cut a text before its special tokens are added, since one of them stands last."""
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        encoding.truncate(max_tokens - self._reserved)
        return list(self.tokenizer.post_process(encoding).ids)

    def _run(self, session: ort.InferenceSession, batch: Batch) -> EncodedBatch:
        ids, mask = batch.padded(self._pad)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = run_model(session, {name: feed[name] for name in self._inputs}, self.folder)
        return EncodedBatch(batch.rows, ids, mask, hidden)


def cores() -> int:
    """Count the processor cores that this process may use, where the system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _devices() -> list[str]:
    """Name the ONNX Runtime providers to use, best first."""
    available = ort.get_available_providers()
    return [name for name in _PREFERRED if name in available]


def fastest_weights(plain: Path) -> Path:
    """Return the model file to load; what is optimised for a processor is for no other device."""
    return optimised(plain) if _devices()[0] == _PREFERRED[-1] else plain


def load_session(weights: Path, threads: int, *, keep_memory: bool = False) -> ort.InferenceSession:
    """Open a session as a service needs it: no busy waiting between requests."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = keep_memory
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(str(weights), options, providers=_devices())


def input_names(session: ort.InferenceSession, folder: Path) -> frozenset[str]:
    """Return the names of a model's inputs, all of which the service can give.

    Raises:
        ProviderError: it wants another one.
    """
    found = frozenset(entry.name for entry in session.get_inputs())
    if not found <= _GIVEN:
        raise ProviderError(f"the model in {folder} wants {', '.join(sorted(found - _GIVEN))} too")
    return found


def run_model(session: ort.InferenceSession, feed: Mapping[str, Ids], folder: Path) -> Hidden:
    """Run a model once and return its first output.

    Raises:
        ProviderError: it failed, most likely over a text longer than it takes.
    """
    try:
        output: Hidden = session.run(None, dict(feed))[0]
    except Exception as error:  # onnxruntime raises bare ones
        length = feed["input_ids"].shape[1]
        raise ProviderError(
            f"the model in {folder} failed over {length} tokens (options.max_tokens may be more "
            f"than it takes): {error}"
        ) from error
    return output


_open: "weakref.WeakValueDictionary[tuple[Path, int | None, str], EncoderSession]" = (
    weakref.WeakValueDictionary()
)
_open_lock = threading.Lock()


def open_session(folder: Path, threads: int | None, weights: str = WEIGHTS) -> EncoderSession:
    """Return the session of a model folder, loading it when nobody holds it yet.

    Raises:
        ModelMissingError: the folder has no weights or tokenizer.
        ProviderError: the weights cannot be loaded.
    """
    key = (folder.resolve(), threads, weights)
    for name in (weights, "tokenizer.json"):
        if not (key[0] / name).is_file():
            raise ModelMissingError(
                f"no {name} in {folder}: run `cicerone models prepare {folder.name}`"
            )
    with _open_lock:
        session = _open.get(key)
        if session is None:
            try:
                session = EncoderSession(*key)
            except Exception as error:  # tokenizers and onnxruntime raise bare ones
                raise ProviderError(f"cannot load the model in {folder}: {error}") from error
            _open[key] = session
        return session
