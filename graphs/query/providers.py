"""What the query graph is built around."""

from dataclasses import dataclass

from providers.protocols import ChatModel, Embedder, Reranker, SparseEncoder, VectorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryProviders:
    """The providers of a query; None means switched off.

    `fallback` writes the answer when `chat_model` fails (usually the extractive model).
    """

    store: VectorStore
    embedder: Embedder | None = None
    sparse_encoder: SparseEncoder | None = None
    reranker: Reranker | None = None
    chat_model: ChatModel | None = None
    fallback: ChatModel | None = None
