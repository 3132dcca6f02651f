"""Cross-encoders: a model that reads question and passage together and gives one number.

Either a local folder with `model.onnx` and `tokenizer.json`, or a model that fastembed names.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from providers.embedder.batching import Batch, batched
from providers.embedder.model_folder import TOKENIZER, WEIGHTS, need_files
from providers.embedder.session import cores, fastest_weights, input_names, load_session, run_model
from providers.errors import ModelMissingError, ProviderError

Logits = NDArray[np.float32]


class CrossEncoder(Protocol):
    """A loaded model."""

    @property
    def device(self) -> str:
        """What runs the model."""
        ...

    def logits(self, question: str, passages: Sequence[str], batch_size: int) -> Logits:
        """Return the model's number for each passage, shape (len(passages),)."""
        ...


class FolderCrossEncoder:
    """The model of a local folder; safe to use from threads.

    Pairs of similar length share a run. Too long a pair loses tokens at the end of its longer
    text, as in the models' own library.
    """

    def __init__(self, folder: Path, *, threads: int | None, max_tokens: int) -> None:
        need_files(folder, WEIGHTS, TOKENIZER)
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            self._session = load_session(fastest_weights(folder / WEIGHTS), threads or cores())
        except Exception as error:  # tokenizers and onnxruntime raise bare ones
            raise ProviderError(f"cannot load the model in {folder}: {error}") from error
        self._pad = (self._tokenizer.padding or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        self._inputs = input_names(self._session, folder)
        self._folder = folder

    @property
    def device(self) -> str:
        """The ONNX Runtime provider that runs the model."""
        return str(self._session.get_providers()[0])

    def logits(self, question: str, passages: Sequence[str], batch_size: int) -> Logits:
        """Return the model's number for each passage.

        Raises:
            ProviderError: the model gives something else than one number a pair.
        """
        pairs = [(question, passage) for passage in passages]
        encodings: list[Encoding] = self._tokenizer.encode_batch(pairs)
        found = np.empty(len(passages), dtype=np.float32)
        for batch in batched([each.ids for each in encodings], first=0, most=batch_size):
            found[batch.rows] = self._run(batch, encodings)
        return found

    def _run(self, batch: Batch, encodings: Sequence[Encoding]) -> Logits:
        ids, mask = batch.padded(self._pad)
        types = np.zeros_like(ids)
        for row, position in enumerate(batch.rows):
            given = encodings[position].type_ids
            types[row, : len(given)] = given
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        output = run_model(self._session, {name: feed[name] for name in self._inputs}, self._folder)
        if output.shape not in {(len(batch.rows), 1), (len(batch.rows),)}:
            raise ProviderError(
                f"the model in {self._folder} is no reranker: it gives {output.shape[1:]} numbers "
                "for a pair instead of one"
            )
        return output.reshape(-1)


class NamedCrossEncoder:
    """A model of fastembed's list, which fastembed downloads."""

    def __init__(self, name: str, *, cache_dir: Path, threads: int | None) -> None:
        # The package takes 0.4 s to import, which a local folder does not need.
        from fastembed.rerank.cross_encoder import TextCrossEncoder  # noqa: PLC0415

        try:
            self._model = TextCrossEncoder(name, cache_dir=str(cache_dir), threads=threads)
        except Exception as error:  # hub and loader raise many kinds
            raise ModelMissingError(
                f"fastembed cannot load {name!r}: {error}. Connect this machine to the model hub "
                "once, or set reranker.options.model to a local folder"
            ) from error
        inner: Any = self._model.model
        self._device = str(inner.model.get_providers()[0])

    @property
    def device(self) -> str:
        """What runs the model."""
        return self._device

    def logits(self, question: str, passages: Sequence[str], batch_size: int) -> Logits:
        """Return the model's number for each passage."""
        found = self._model.rerank(question, passages, batch_size=batch_size)
        return np.fromiter(found, dtype=np.float32, count=len(passages))
