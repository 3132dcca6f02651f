"""Documents that partners bring: signed deliveries, and uploads to a pre-signed address."""

import hashlib
import hmac
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar

import jwt
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from providers.errors import ProviderError, PushRefusal, PushRefusedError
from providers.protocols import Cache
from providers.source.naming import safe_name
from providers.source.rules import version_of
from providers.source.types import Arrival, UploadGrant, Validators
from providers.types import Health, Status

KEY_HEADER = "X-Cicerone-Key"
TIMESTAMP_HEADER = "X-Cicerone-Timestamp"
SIGNATURE_HEADER = "X-Cicerone-Signature"
_MIB = 1 << 20
_ALGORITHM = "HS256"
_MAX_TIMESTAMP_DIGITS = 12
_SLACK_S = 60.0

Secret = Annotated[SecretStr, Field(min_length=32)]


class PushConfig(BaseModel):
    """Options of the `push` source.

    `keys` maps the id of each key to its secret (at least 32 characters); a partner may have
    two while they change. A delivery's timestamp may differ from this clock by `window_s`.
    `max_mb` bounds a delivery and an upload, MiB. `upload_secret` signs upload tokens, which
    are good for at most `upload_ttl_s`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Mapping[str, Secret] = Field(default_factory=dict)
    window_s: float = Field(default=300, gt=0)
    max_mb: float = Field(default=100, gt=0)
    upload_secret: Secret | None = None
    upload_ttl_s: float = Field(default=900, gt=0)

    @property
    def max_bytes(self) -> int:
        """The largest delivery in bytes."""
        return int(self.max_mb * _MIB)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a delivery: HMAC-SHA256 over `timestamp.body`, hexadecimal."""
    signed = _begin(secret, timestamp)
    signed.update(body)
    return signed.hexdigest()


class PushSource:
    """Checks what partners bring; nothing is fetched, so a crawl finds nothing."""

    config_type: ClassVar = PushConfig

    def __init__(self, config: PushConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._cache: Cache | None = None
        self._scope = ""

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        return version_of("push", self._config, leaving_out={"keys", "upload_secret"})

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Yield nothing: partners decide what comes."""
        nothing: tuple[Arrival, ...] = ()
        for arrival in nothing:
            yield arrival

    def bind_cache(self, cache: Cache, *, scope: str) -> None:
        """Remember signatures and tokens in `cache`, which all servers should share."""
        self._cache = cache
        self._scope = scope

    def begin(self, headers: Mapping[str, str]) -> "SignedDelivery":
        """Read the headers of a delivery, in any case.

        Raises:
            PushRefusedError: one is missing or malformed, or the timestamp is too old.
        """
        given = {name.lower(): value.strip() for name, value in headers.items()}
        key, timestamp, signature = (
            given.get(name.lower(), "") for name in (KEY_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER)
        )
        if not (key and signature and timestamp.isascii() and timestamp.isdigit()):
            raise PushRefusedError(
                f"send {KEY_HEADER}, {TIMESTAMP_HEADER} (seconds since 1970) and "
                f"{SIGNATURE_HEADER}",
                reason=PushRefusal.MALFORMED,
            )
        away = abs(self._clock() - int(timestamp[:_MAX_TIMESTAMP_DIGITS]))
        if away > self._config.window_s:
            raise PushRefusedError(
                f"the timestamp is {away:.0f} s away from this clock, and at most "
                f"{self._config.window_s:.0f} s are allowed",
                reason=PushRefusal.OLD_TIMESTAMP,
            )
        secret = self._config.keys.get(key)
        return SignedDelivery(
            # An unknown key is checked like a known one, so that time does not tell them apart.
            _begin(secret.get_secret_value() if secret else uuid.uuid4().hex, timestamp),
            signature.removeprefix("sha256="),
            max_bytes=self._config.max_bytes,
            remember=self._remember_signature,
        )

    async def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check a whole delivery.

        Raises:
            PushRefusedError: it is not genuine, too old, too large, or was here before.
        """
        delivery = self.begin(headers)
        delivery.update(body)
        await delivery.finish()

    def grant(self, name: str, *, max_bytes: int | None = None, ttl_s: float | None = None) -> str:
        """Make a token for one upload; what is asked for beyond the options is cut down."""
        expires = self._clock() + min(ttl_s or self._config.upload_ttl_s, self._config.upload_ttl_s)
        claims = {
            "aud": self._bound()[1],
            "exp": int(expires),
            "jti": uuid.uuid4().hex,
            "name": safe_name(name),
            "max": min(max_bytes or self._config.max_bytes, self._config.max_bytes),
        }
        return jwt.encode(claims, self._upload_secret(), algorithm=_ALGORITHM)

    async def redeem(self, token: str) -> UploadGrant:
        """Use a token up before the first byte is read.

        Raises:
            PushRefusedError: it is false, meant for another source, too old or used.
        """
        cache, scope = self._bound()
        try:
            claims = jwt.decode(
                token,
                self._upload_secret(),
                algorithms=[_ALGORITHM],
                audience=scope,
                options={"require": ["aud", "exp", "jti"], "verify_exp": False},
            )
            left_s = float(claims["exp"]) - self._clock()
            found = UploadGrant(name=str(claims["name"]), max_bytes=int(claims["max"]))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise PushRefusedError("the upload token is not valid here") from error
        if left_s <= 0:
            raise PushRefusedError(
                "the upload token has expired; ask for another", reason=PushRefusal.EXPIRED
            )
        if not await cache.add(f"{scope}/upload/{claims['jti']}", b"1", ttl_s=left_s + _SLACK_S):
            raise PushRefusedError(
                "the upload token was used before; ask for another", reason=PushRefusal.REPLAYED
            )
        return found

    async def check(self) -> Health:
        """Ready when there is something to check deliveries with."""
        if not self._config.keys and self._config.upload_secret is None:
            detail = "set keys or upload_secret, or nobody can bring anything"
            return Health(status=Status.UNAVAILABLE, plugin="push", detail=detail)
        return Health(status=Status.READY, plugin="push", detail=f"{len(self._config.keys)} keys")

    async def aclose(self) -> None:
        """Hold nothing; the cache is its owner's."""

    async def _remember_signature(self, signature: str) -> bool:
        """Tell whether a signature is new, and remember it for as long as it would be taken."""
        cache, scope = self._bound()
        ttl_s = 2 * self._config.window_s + _SLACK_S
        return await cache.add(f"{scope}/push/{signature}", b"1", ttl_s=ttl_s)

    def _bound(self) -> tuple[Cache, str]:
        if self._cache is None:
            raise ProviderError("the push source has no cache yet; bind one, or replays get in")
        return self._cache, self._scope

    def _upload_secret(self) -> str:
        if self._config.upload_secret is None:
            raise ProviderError("source.options.upload_secret: set it to make upload tokens")
        return self._config.upload_secret.get_secret_value()


class SignedDelivery:
    """Checks a body while it is read; it need not be held in memory."""

    def __init__(
        self,
        signed: hmac.HMAC,
        signature: str,
        *,
        max_bytes: int,
        remember: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._signed = signed
        self._signature = signature
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._remember = remember

    def update(self, data: bytes) -> None:
        """Take in the next piece of the body."""
        self._left -= len(data)
        if self._left < 0:
            raise PushRefusedError(
                f"the delivery is larger than {self._max_bytes} bytes",
                reason=PushRefusal.TOO_LARGE,
            )
        self._signed.update(data)

    async def finish(self) -> None:
        """Accept the delivery if it is genuine and was never here before."""
        expected = self._signed.hexdigest()
        if not hmac.compare_digest(expected.encode(), self._signature.lower().encode()):
            raise PushRefusedError("the signature does not fit key, timestamp and body")
        if not await self._remember(expected):
            raise PushRefusedError(
                "this delivery was here before; sign anew to send it again",
                reason=PushRefusal.REPLAYED,
            )


def _begin(secret: str, timestamp: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), f"{timestamp}.".encode(), hashlib.sha256)
