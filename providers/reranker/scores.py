"""What rerankers have in common: a score for each passage, whatever order it came in."""

import math
from collections.abc import Sequence

from providers.errors import ProviderError


def same_length(passages: Sequence[str], keys: Sequence[str]) -> None:
    """Raise ValueError unless each passage has its key."""
    if len(passages) != len(keys):
        raise ValueError(f"{len(passages)} passages but {len(keys)} keys")


def by_position(found: object, count: int, *, field: str, server: str) -> list[float]:
    """Put the scores that a server returned with `index` into the order of the passages.

    Args:
        found: What the server returned: a list of objects with `index` and `field`.
        count: Number of passages.
        field: Name of the score.
        server: What to call the server in a message.

    Raises:
        ProviderError: a passage has no score, two, or one that is no finite number.
    """
    try:
        ranks = {int(rank["index"]): float(rank[field]) for rank in found}  # type: ignore[attr-defined]
        scores = [ranks[position] for position in range(count)]
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ProviderError(f"{server} did not give a score for each passage") from error
    if not all(map(math.isfinite, scores)):
        raise ProviderError(f"{server} gave a score that is no finite number")
    return scores
