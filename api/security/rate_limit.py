"""How often one caller may ask: a moving window, in memory or in Redis."""

import ipaddress
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from service.errors import SettingsError
from service.settings import RateLimitSettings

_IPV6_PREFIX = 64
_log = structlog.get_logger(__name__)


class Budget(StrEnum):
    """What is counted apart; the names stand in the RateLimit headers."""

    REQUESTS = "requests"
    QUESTIONS = "questions"
    UPLOADS = "uploads"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request fits, and the headers that tell how much is left."""

    allowed: bool
    retry_after_s: int
    headers: Mapping[str, str]


class RateLimiter:
    """Counts the requests of each caller; a storage that is down is replaced by memory."""

    def __init__(self, settings: RateLimitSettings) -> None:
        self._items: dict[Budget, RateLimitItem] = {
            budget: parse(getattr(settings, budget)) for budget in Budget
        }
        self._enabled = settings.enabled
        self._storage = _storage(settings.storage)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._spare = MovingWindowRateLimiter(MemoryStorage())

    async def hit(self, budget: Budget, caller: str) -> Verdict | None:
        """Count one request; None when limits are off."""
        if not self._enabled:
            return None
        try:
            return await self._hit(self._limiter, budget, caller)
        except StorageError as error:
            _log.warning("rate_limit.storage_down", error=str(error.storage_error))
            return await self._hit(self._spare, budget, caller)

    async def aclose(self) -> None:
        """Close the connection to Redis, if there is one."""
        bridge = getattr(self._storage, "bridge", None)
        if bridge is not None:
            await bridge.get_connection().aclose()

    async def _hit(self, limiter: MovingWindowRateLimiter, budget: Budget, caller: str) -> Verdict:
        item = self._items[budget]
        allowed = await limiter.hit(item, budget, caller)
        stats = await limiter.get_window_stats(item, budget, caller)
        reset_s = max(1, math.ceil(stats.reset_time - time.time()))
        return Verdict(
            allowed=allowed,
            retry_after_s=reset_s,
            headers={
                "RateLimit": f'"{budget}";r={max(0, stats.remaining)};t={reset_s}',
                "RateLimit-Policy": f'"{budget}";q={item.amount};w={item.get_expiry()}',
            },
        )


def network_of(client: str | None) -> str:
    """Name a client by its address; IPv6 by its network, since one household has 2**64."""
    try:
        address = ipaddress.ip_address(client or "")
    except ValueError:
        return client or "socket"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _storage(uri: str) -> Storage:
    asynchronous = uri if uri.startswith("async+") else f"async+{uri}"
    options = {"implementation": "redispy"} if "redis" in asynchronous else {}
    try:
        found = storage_from_string(asynchronous, wrap_exceptions=True, **options)
    except ConfigurationError as error:
        raise SettingsError(
            f"server.rate_limit.storage: {uri!r} cannot be used ({error}); "
            "use memory:// or redis://host:6379"
        ) from error
    return cast(Storage, found)
