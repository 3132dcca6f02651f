"""An embedder that remembers what it embedded, installed as a plugin of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from providers.embedder.hashing import HashingEmbedder
from providers.types import Matrix, TextKind


class CountingEmbedder(HashingEmbedder):
    """Remembers the passages, across all instances."""

    passages: ClassVar[list[str]] = []

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        if kind is TextKind.PASSAGE:
            self.passages.extend(texts)
        return await super().embed(texts, kind=kind)


def install(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Install the plugin `counting` until the end of the test; returns what it remembers."""
    info = folder / "counting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counting\nVersion: 1.0\n")
    entry = f"counting = {CountingEmbedder.__module__}:CountingEmbedder"
    (info / "entry_points.txt").write_text(f"[cicerone.embedder]\n{entry}\n")
    patch.syspath_prepend(str(folder))
    CountingEmbedder.passages.clear()
    return CountingEmbedder.passages
