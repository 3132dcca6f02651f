"""A loaded encoder: one ONNX session and tokenizer for each model folder in the process.

The embedder and the late-interaction reranker share it: the weights are in memory once.

Each run of the model keeps to one thread, and as many runs go on side by side as there are
threads. To split each run among threads instead costs a meeting of all of them after every
operation: on two cores 7 % of the speed, and 23 % when two such runs meet.
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from providers.embedder.model_folder import WEIGHTS
from providers.errors import ModelMissingError, ProviderError

Ids = NDArray[np.int64]
Hidden = NDArray[np.float32]
_PREFERRED = ("CUDAExecutionProvider", "CPUExecutionProvider")
_SPREAD = 1.15
"""The longest text of a batch is at most this many times as long as the shortest: padding costs
more than small batches do (two cores, batches of one document: 23 % less processor time)."""
_TOKENIZE_SLICE = 1024
"""Texts tokenized at once: bounds the memory of encodings."""
_BATCH_TOKENS = 512
"""Tokens in one run of the model, unless a single text has more. The activations of a run this
short stay in the processor's cache: on two cores 1024 tokens took as long, 2048 took 8 % more."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """Texts that share a run, by their token ids; `width` is the longest one's length."""

    rows: Sequence[int]
    tokens: Sequence[list[int]]
    width: int


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """One run of the model: `rows` are positions in the input, `hidden` (rows, length, dim)."""

    rows: Sequence[int]
    ids: Ids
    mask: Ids
    hidden: Hidden


class EncoderSession:
    """An encoder that returns the last hidden state of each token; safe to use from threads."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._pad = self.tokenizer.token_to_id("[PAD]") or 0
        self.special_ids = frozenset(
            id_ for id_, token in self.tokenizer.get_added_tokens_decoder().items() if token.special
        )
        self._reserved = self.tokenizer.num_special_tokens_to_add(False)
        self._threads = threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="encoder")
        self._session = ort.InferenceSession(
            str(folder / WEIGHTS), _options(), providers=_devices()
        )
        self._inputs = {entry.name for entry in self._session.get_inputs()}

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
        cuts = self._cuts(texts, max_tokens, batch_size)
        first = next(cuts, None)
        second = next(cuts, None)
        if first is not None and second is None:
            yield self._run(first)
        elif first is not None and second is not None:
            yield from self._side_by_side(chain((first, second), cuts))

    def _side_by_side(self, cuts: Iterator[_Cut]) -> Iterator[EncodedBatch]:
        """Keep all threads at work, but prepare and hold no more than that needs."""
        running: deque[Future[EncodedBatch]] = deque()
        try:
            for cut in cuts:
                running.append(self._pool.submit(self._run, cut))
                if len(running) > self._threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

    def _cuts(self, texts: Sequence[str], max_tokens: int, batch_size: int) -> Iterator[_Cut]:
        for start in range(0, len(texts), _TOKENIZE_SLICE):
            encodings = self._tokenize(texts[start : start + _TOKENIZE_SLICE], max_tokens)
            order = sorted(range(len(encodings)), key=lambda row: -len(encodings[row]))
            while order:
                width = len(encodings[order[0]])
                size = max(1, min(batch_size, _BATCH_TOKENS // max(width, 1)))
                rows = [row for row in order[:size] if len(encodings[row]) * _SPREAD >= width]
                order = order[len(rows) :]
                yield _Cut([start + row for row in rows], [encodings[row] for row in rows], width)

    def _tokenize(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """Return the token ids of each text, cut to `max_tokens` with special tokens."""
        room = max_tokens - self._reserved
        plain = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [self._finish(encoding, room) for encoding in plain]

    def _finish(self, encoding: Encoding, room: int) -> list[int]:
        encoding.truncate(room)
        return list(self.tokenizer.post_process(encoding).ids)

    def _run(self, cut: _Cut) -> EncodedBatch:
        """Pad one batch and run the model over it."""
        ids = np.full((len(cut.rows), cut.width), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(cut.tokens):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (hidden, *_) = self._session.run(
            None, {name: value for name, value in feed.items() if name in self._inputs}
        )
        return EncodedBatch(cut.rows, ids, mask, hidden)


def _devices() -> list[str]:
    """Name the ONNX Runtime providers to use, best first."""
    available = ort.get_available_providers()
    return [name for name in _PREFERRED if name in available]


def _options() -> ort.SessionOptions:
    """Session options of a service: a thread a run, and no memory kept back."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return options


_open: "weakref.WeakValueDictionary[tuple[Path, int | None], EncoderSession]" = (
    weakref.WeakValueDictionary()
)
_open_lock = threading.Lock()


def open_session(folder: Path, threads: int | None) -> EncoderSession:
    """Return the session of a model folder, loading it when nobody holds it yet.

    Raises:
        ModelMissingError: the folder has no weights or tokenizer.
        ProviderError: the weights cannot be loaded.
    """
    key = (folder.resolve(), threads)
    for name in (WEIGHTS, "tokenizer.json"):
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
