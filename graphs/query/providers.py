"""What the query graph is built around."""

from dataclasses import dataclass

from graphs.encoders import Encoders, EncoderSource
from graphs.models import Models
from graphs.query.guarding.inspecting import Guards
from providers.protocols import ChatModel, Embedder, Reranker, SparseEncoder, VectorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryProviders:
    """The providers of a query; None means switched off.

    `models` is the gateway to chat models; they also help to find passages. Without it answers are
    written by `chat_model`, and by `fallback` when that fails (usually the extractive model), and
    rules must do where passages are looked for. `encoders` builds those of an index that is
    older than the settings. `guards` look at questions, passages and answers.
    """

    store: VectorStore
    embedder: Embedder | None = None
    sparse_encoder: SparseEncoder | None = None
    reranker: Reranker | None = None
    models: Models | None = None
    chat_model: ChatModel | None = None
    fallback: ChatModel | None = None
    encoders: EncoderSource | None = None
    guards: Guards | None = None

    @property
    def configured(self) -> Encoders:
        """The encoders that the settings name."""
        return Encoders(embedder=self.embedder, sparse_encoder=self.sparse_encoder)
