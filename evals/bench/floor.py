"""The floor: the same model and the same points with nothing around them.

This is the one place outside the plugins that imports their SDKs; it exists to say what the
plugins and graphs cost on top of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from qdrant_edge import Bm25, Bm25Config, EdgeShard, Fusion, Prefetch, Query, QueryRequest
from qdrant_edge import SparseVector as EdgeSparseVector
from tokenizers import Tokenizer

BATCH_SIZE: Final = 16
"""Texts in a run of the model; fastest of 8, 16 and 32 on two cores."""

Rows = NDArray[np.float32]


class BareEmbedder:
    """ONNX Runtime and mean pooling, nothing else.

    Threads do not spin while they wait: on an idle machine that changes nothing, on a busy
    one it doubles the floor's speed, and a slow floor would flatter the service.
    """

    def __init__(self, folder: Path, *, threads: int | None, max_tokens: int) -> None:
        options = ort.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if threads is not None:
            options.intra_op_num_threads = threads
        self._session = ort.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> Rows:
        """Return one unit vector a text, in order; texts of similar length share a batch."""
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        rows: Rows | None = None
        for start in range(0, len(order), BATCH_SIZE):
            part = order[start : start + BATCH_SIZE]
            vectors = self._run([texts[row] for row in part])
            if rows is None:
                rows = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
            rows[part] = vectors
        return np.empty((0, 0), dtype=np.float32) if rows is None else rows

    def _run(self, texts: list[str]) -> Rows:
        encodings = self._tokenizer.encode_batch_fast(texts)
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {name: value for name, value in feed.items() if name in self._inputs}
        hidden = self._session.run(None, wanted)[0]
        summed: Rows = (hidden * mask[:, :, None]).sum(axis=1, dtype=np.float32)
        unit: Rows = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return unit


class BareIndex:
    """A shard of the Qdrant engine, asked with its own DBSF fusion."""

    def __init__(self, folder: Path, *, dense: str, sparse: str) -> None:
        self._shard = EdgeShard.load(str(folder))
        self._dense, self._sparse = dense, sparse
        self._bm25 = Bm25(Bm25Config(0.9, 0.4, 120.0, language="en"))

    def search(self, text: str, vector: Rows, *, candidates: int, limit: int) -> list[str]:
        """Return the ids of the best `limit` points of both branches fused."""
        terms = self._bm25.embed_query(text)
        sparse = EdgeSparseVector(list(terms.indices), list(terms.values))
        found = self._shard.query(
            QueryRequest(
                limit=limit,
                query=cast(Fusion, Fusion.Dbsf()),
                prefetches=[
                    Prefetch(candidates, Query.Nearest(vector.tolist(), using=self._dense)),
                    Prefetch(candidates, Query.Nearest(sparse, using=self._sparse)),
                ],
            )
        )
        return [str(point.id) for point in found]

    def close(self) -> None:
        """Let go of the files."""
        self._shard.close()
