"""How alike two texts are, from short signatures of their shingles (MinHash).

A shingle is five words in a row. Two signatures give the Jaccard similarity of the two sets of
shingles; with the sizes of the sets follows how much of one text stands in the other. Bands,
which are short pieces of a signature, find in the database those worth comparing.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.values import TextSignature

WORDS = 5
"""Words of a shingle."""
PERMUTATIONS = 256
"""Minima of a signature: the standard error of an estimate is 0.03 at most."""
ROWS = 3
BANDS = 42
"""Texts of Jaccard .6 share a band with probability .9999, of .4 with .93, of .1 with .04."""
METHOD = f"minhash-affine32-{PERMUTATIONS}:words-{WORDS}"
"""Signatures of two methods do not compare."""
MIN_JACCARD = 0.5
MIN_CONTAINMENT = 0.75
MIN_JACCARD_CONTAINED = 0.3
"""Alike: half of both in common, or three quarters of one in another that is not much longer."""
SHORT = 20
SHORT_JACCARD = 0.95
"""Texts of fewer shingles than `SHORT` have to be the same, or chance makes them alike."""
SAME_JACCARD = 0.85
"""From here two texts say the same."""

_WORD = re.compile(r"\w+")
_BATCH = 4096
"""Shingles hashed at a time; more would need memory for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two texts are; all numbers lie between 0 and 1.

    `containment` is the share of the smaller in the larger, `share` that of the other text
    in this one's.
    """

    jaccard: float
    containment: float
    share: float

    @property
    def is_same(self) -> bool:
        """Tell whether the two texts say the same."""
        return self.jaccard >= SAME_JACCARD


def sign(text: str) -> TextSignature:
    """Return the signature of a text; plain computing, for a thread."""
    # It brings scipy along (65 MB): only a process that ingests pays for it.
    from datasketch import MinHash  # noqa: PLC0415

    found = list(shingles(text))
    sketch = MinHash(num_perm=PERMUTATIONS, scheme="affine32")
    for start in range(0, len(found), _BATCH):
        sketch.update_batch(found[start : start + _BATCH])
    hashes = np.asarray(sketch.hashvalues, dtype="<u4").tobytes()
    return TextSignature(method=METHOD, shingles=len(found), hashes=hashes, bands=_bands(hashes))


def shingles(text: str) -> set[bytes]:
    """Return the distinct shingles; a text of fewer words is one, a text without words none."""
    words = _WORD.findall(text.casefold())
    if len(words) < WORDS:
        return {" ".join(words).encode()} if words else set()
    return {run.encode() for run in _runs(words)}


def _runs(words: list[str]) -> Iterator[str]:
    return (" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))


def _bands(hashes: bytes) -> tuple[int, ...]:
    """Return one hash for each band, as a signed integer of 64 bits."""
    width = 4 * ROWS
    pieces = (hashes[band * width : (band + 1) * width] for band in range(BANDS))
    digests = (hashlib.blake2b(piece, digest_size=8).digest() for piece in pieces)
    return tuple(int.from_bytes(digest, "little", signed=True) for digest in digests)


def compare(this: TextSignature, other: TextSignature) -> Likeness | None:
    """Return how alike two texts are, or None when they are not."""
    if this.method != other.method or not (this.shingles and other.shingles):
        return None
    jaccard = float(np.mean(_minima(this) == _minima(other)))
    common = jaccard / (1 + jaccard) * (this.shingles + other.shingles)
    smaller = min(this.shingles, other.shingles)
    found = Likeness(
        jaccard=round(jaccard, 4),
        containment=round(min(1.0, common / smaller), 4),
        share=round(min(1.0, common / other.shingles), 4),
    )
    return found if _alike(found, smaller) else None


def _alike(found: Likeness, smaller: int) -> bool:
    if smaller < SHORT:
        return found.jaccard >= SHORT_JACCARD
    contained = found.containment >= MIN_CONTAINMENT and found.jaccard >= MIN_JACCARD_CONTAINED
    return found.jaccard >= MIN_JACCARD or contained


def _minima(signature: TextSignature) -> NDArray[np.uint32]:
    return np.frombuffer(signature.hashes, dtype="<u4")
