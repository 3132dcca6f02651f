"""What turns texts and questions into the vectors of one index."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from providers.protocols import Embedder, SparseEncoder
from providers.types import IndexSpec


def made_by(embedder: str | None, sparse_encoder: str | None) -> str:
    """Return the name of two encoders by their fingerprints; None is one that is off."""
    return f"{embedder or ''}|{sparse_encoder or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoders:
    """An embedder and a sparse encoder, and the recipe that they can be built from again."""

    embedder: Embedder | None = None
    sparse_encoder: SparseEncoder | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprints(self) -> tuple[str | None, str | None]:
        """Return the fingerprints of the two."""
        return (
            self.embedder.fingerprint if self.embedder else None,
            self.sparse_encoder.fingerprint if self.sparse_encoder else None,
        )

    @property
    def made_by(self) -> str:
        """Return their name; vectors of two of these do not mix."""
        return made_by(*self.fingerprints)

    @property
    def spec(self) -> IndexSpec:
        """Return what an index of their vectors holds."""
        return IndexSpec(
            dimensions=self.embedder.dimensions if self.embedder else None,
            sparse=self.sparse_encoder is not None,
            idf=self.sparse_encoder.idf if self.sparse_encoder else True,
        )


class EncoderSource(Protocol):
    """Builds the encoders of an index that the settings no longer name."""

    async def of(self, recipe: Mapping[str, Any] | None, name: str) -> Encoders:
        """Return the encoders of a recipe, whose vectors are those of `made_by` `name`.

        Raises:
            ProviderError: they cannot be built, or would make other vectors.
        """
        ...
