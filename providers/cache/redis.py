"""A cache in Redis, which several servers share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from providers.errors import ProviderError, TransientProviderError
from providers.types import Health, Status


class RedisCacheConfig(BaseModel):
    """Options of the `redis` cache.

    `url` may hold a password (`redis://:secret@host:6379/0`, `rediss://` with TLS). Every key
    begins with `prefix`. `ttl_s` is how long entries live by default, `timeout_s` how long
    one call may take, both in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    prefix: str = "cicerone:"
    ttl_s: float | None = Field(default=None, gt=0)
    timeout_s: float = Field(default=5, gt=0)


class RedisCache:
    """Keeps entries in Redis; how much it holds and what is pushed out is set there."""

    config_type: ClassVar = RedisCacheConfig

    def __init__(self, config: RedisCacheConfig) -> None:
        self._config = config
        try:
            self._redis: Redis = Redis.from_url(
                config.url.get_secret_value(),
                socket_timeout=config.timeout_s,
                socket_connect_timeout=config.timeout_s,
            )
        except ValueError as error:
            raise ProviderError(f"cache.options.url: {error}") from error

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None when it is absent or too old."""
        with _translated():
            value = await self._redis.get(self._key(key))
        return value.encode() if isinstance(value, str) else value

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        """Remember a value; it replaces what was there, its age too."""
        with _translated():
            await self._redis.set(self._key(key), value, px=self._milliseconds(ttl_s))

    async def add(self, key: str, value: bytes, *, ttl_s: float | None = None) -> bool:
        """Remember a value unless the key has one, over all servers."""
        with _translated():
            added = await self._redis.set(
                self._key(key), value, px=self._milliseconds(ttl_s), nx=True
            )
        return bool(added)

    async def delete(self, key: str) -> None:
        """Forget a value."""
        with _translated():
            await self._redis.delete(self._key(key))

    async def check(self) -> Health:
        """Ask whether Redis answers."""
        try:
            with _translated():
                await self._redis.ping()
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="redis", detail=str(error))
        return Health(status=Status.READY, plugin="redis")

    async def aclose(self) -> None:
        """Close the connections; what is remembered stays."""
        await self._redis.aclose()

    def _key(self, key: str) -> str:
        return self._config.prefix + key

    def _milliseconds(self, ttl_s: float | None) -> int | None:
        seconds = self._config.ttl_s if ttl_s is None else ttl_s
        return None if seconds is None else max(1, round(seconds * 1000))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn Redis's errors into the service's."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise TransientProviderError(f"Redis does not answer: {error}") from error
    except RedisError as error:
        raise ProviderError(f"Redis refuses: {error}") from error
