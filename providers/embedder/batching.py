"""Which texts share a run of the model: those of similar length, because padding costs time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_TOKENS = 384
"""Tokens in one run of the model, unless a single text has more. The activations of a run this
short stay in the processor's cache, and short runs of several documents take turns sooner: on two
cores ingestion reached .82-.85 of the bare model with 512 tokens and .85-.90 with 384."""
_SPREAD = 1.15
"""The longest text of a batch is at most this many times as long as the shortest: padding costs
more than small batches do (two cores, batches of one document: 23 % less processor time)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts by their token ids; `rows` are their positions, `width` is the longest's length."""

    rows: Sequence[int]
    tokens: Sequence[list[int]]
    width: int

    def padded(self, pad: int) -> tuple[Ids, Ids]:
        """Return the token ids, filled up with `pad`, and the mask that leaves those out."""
        ids = np.full((len(self.rows), self.width), pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(self.tokens):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return ids, mask


def batched(encodings: Sequence[list[int]], *, first: int, most: int) -> Iterator[Batch]:
    """Put texts into batches, longest first.

    Args:
        encodings: The token ids of each text.
        first: Position of the first one.
        most: Most texts in a batch.
    """
    order = sorted(range(len(encodings)), key=lambda row: -len(encodings[row]))
    while order:
        width = len(encodings[order[0]])
        size = max(1, min(most, _TOKENS // max(width, 1)))
        rows = [row for row in order[:size] if len(encodings[row]) * _SPREAD >= width]
        order = order[len(rows) :]
        yield Batch([first + row for row in rows], [encodings[row] for row in rows], width)
