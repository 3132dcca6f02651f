"""When a job is tried again: later each time, and never all at once."""

import random
from dataclasses import dataclass
from typing import Final

from providers.errors import StorageFullError, TransientProviderError

_SLUGS: Final = (
    (StorageFullError, "storage-full"),
    (TransientProviderError, "provider-unavailable"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits before further attempts, in seconds.

    The longest wait doubles with each attempt up to `max_s`; how much of it is waited is left
    to chance (full jitter), so that jobs that failed together do not come back together.
    """

    base_s: float
    max_s: float

    def delay_s(self, attempt: int, chance: random.Random) -> float:
        """Return how long to wait after attempt number `attempt` (from 1) failed."""
        # More doublings than 32 would only overflow: `max_s` is reached long before.
        longest = self.base_s * 2 ** min(attempt - 1, 32)
        return chance.uniform(0, min(longest, self.max_s))


def slug_of(error: BaseException) -> str:
    """Return the stable slug of an error, as problems have it."""
    for kind, slug in _SLUGS:
        if isinstance(error, kind):
            return slug
    return str(getattr(error, "type", "internal-error"))
