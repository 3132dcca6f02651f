"""What an operator may tune of the caches of answers and embeddings."""

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExactSettings(_Section):
    """Answers to the very same question; `ttl_s` in seconds."""

    enabled: bool = True
    ttl_s: float = Field(default=86_400, gt=0)


class SemanticSettings(_Section):
    """Answers to a question that asks the same in other words; `ttl_s` in seconds.

    `threshold` is the least cosine of the two questions' vectors. The default is calibrated
    with all-MiniLM-L6-v2 on `evals/likeness/pairs.jsonl`; another embedder needs another one.
    `collections` are those it is for, all of them when empty. At most `candidates` earlier
    questions are looked at, and about `max_questions` are kept of a collection: when there are
    more, all of them are forgotten.
    """

    enabled: bool = False
    threshold: float = Field(default=0.85, ge=0.5, le=1.0)
    ttl_s: float = Field(default=86_400, gt=0)
    collections: frozenset[str] = frozenset()
    candidates: int = Field(default=5, ge=1, le=50)
    max_questions: int = Field(default=10_000, ge=1)

    def serves(self, collection: str) -> bool:
        """Tell whether it is for a collection."""
        return self.enabled and (not self.collections or collection in self.collections)


class EmbeddingSettings(_Section):
    """Vectors of texts that were embedded before; `passages` keeps those of documents too."""

    enabled: bool = True
    passages: bool = False
    ttl_s: float = Field(default=86_400, gt=0)


class CacheSettings(_Section):
    """The caches. After `timeout_s` a cache that does not answer counts as one that misses.

    It is then left alone for `pause_s`, so that not every question waits for it.
    """

    exact: ExactSettings = ExactSettings()
    semantic: SemanticSettings = SemanticSettings()
    embeddings: EmbeddingSettings = EmbeddingSettings()
    timeout_s: float = Field(default=0.5, gt=0)
    pause_s: float = Field(default=5.0, ge=0)
