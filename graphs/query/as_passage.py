"""An embedder that takes each text for a passage: what HyDE needs (Gao et al., ACL 2023)."""

from collections.abc import Sequence

from providers.protocols import Embedder
from providers.types import Health, Matrix, TextKind


class AsPassage:
    """Embeds a query as if it were a passage; all else is the embedder's own."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def dimensions(self) -> int:
        """Length of the vectors."""
        return self._embedder.dimensions

    @property
    def fingerprint(self) -> str:
        """What made the vectors."""
        return self._embedder.fingerprint

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that count."""
        return self._embedder.max_tokens

    @property
    def in_process(self) -> bool:
        """Whether it computes in this process."""
        return bool(getattr(self._embedder, "in_process", False))

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        """Return one row a text, made as for a passage whatever `kind` says."""
        return await self._embedder.embed(texts, kind=TextKind.PASSAGE)

    async def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return the tokens of a text."""
        return await self._embedder.token_spans(text)

    async def check(self) -> Health:
        """Tell how well the embedder works."""
        return await self._embedder.check()

    async def aclose(self) -> None:
        """Leave the embedder open: it belongs to another."""
