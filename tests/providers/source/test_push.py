"""Deliveries of partners: genuine, in time, and once."""

from collections.abc import Mapping

import anyio
import jwt
import pytest

from providers.errors import ProviderError, PushRefusal, PushRefusedError
from providers.protocols import Receiver
from providers.registry import CACHE, SOURCE, load
from providers.source.push import PushConfig, PushSource, sign
from providers.types import Status

SECRET = "a-secret-of-a-partner-0123456789abcdef"
UPLOAD_SECRET = "a-secret-for-upload-tokens-0123456789"
NOW = 1_764_000_000
BODY = b'{"title": "Manual"}'
OPTIONS = {"keys": {"acme": SECRET}, "upload_secret": UPLOAD_SECRET}


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(clock: Clock) -> PushSource:
    return bound(clock)


def bound(clock: Clock, scope: str = "default/partner", **options: object) -> PushSource:
    found = PushSource(PushConfig.model_validate({**OPTIONS, **options}), clock=clock)
    found.bind_cache(load(CACHE, "memory", {}), scope=scope)
    return found


def headers(timestamp: int = NOW, body: bytes = BODY, **changed: str) -> Mapping[str, str]:
    signed = {
        "X-Cicerone-Key": "acme",
        "X-Cicerone-Timestamp": str(timestamp),
        "X-Cicerone-Signature": f"sha256={sign(SECRET, str(timestamp), body)}",
    }
    return signed | {name.replace("_", "-"): value for name, value in changed.items()}


async def refusal(source: PushSource, given: Mapping[str, str], body: bytes = BODY) -> PushRefusal:
    with pytest.raises(PushRefusedError) as caught:
        await source.verify(given, body)
    return caught.value.reason


def test_the_signature_is_the_documented_one() -> None:
    assert sign("key", "1764000000", b"body") == (
        "39426c2ef7e48b418dd33709c23261612defb50b6acddf939d80afeaf8457c07"
    )


async def test_a_genuine_delivery_is_taken_once(source: PushSource) -> None:
    await source.verify(headers(), BODY)
    assert await refusal(source, headers()) is PushRefusal.REPLAYED
    await source.verify(headers(NOW + 1), BODY)


async def test_a_delivery_is_checked_piece_by_piece(source: PushSource) -> None:
    delivery = source.begin({name.lower(): value for name, value in headers().items()})
    for byte in BODY:
        delivery.update(bytes([byte]))
    await delivery.finish()
    assert await refusal(source, headers()) is PushRefusal.REPLAYED


async def test_of_many_copies_at_once_one_is_taken(source: PushSource) -> None:
    taken: list[bool] = []

    async def deliver() -> None:
        try:
            await source.verify(headers(), BODY)
        except PushRefusedError:
            taken.append(False)
        else:
            taken.append(True)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(deliver)
    assert taken.count(True) == 1


async def test_what_was_tampered_with_is_refused(source: PushSource) -> None:
    assert await refusal(source, headers(), BODY + b" ") is PushRefusal.BAD_SIGNATURE
    moved = headers(X_Cicerone_Timestamp=str(NOW + 5))
    assert await refusal(source, moved) is PushRefusal.BAD_SIGNATURE
    assert await refusal(source, headers(X_Cicerone_Key="other")) is PushRefusal.BAD_SIGNATURE
    assert await refusal(source, headers(X_Cicerone_Signature="ü")) is PushRefusal.BAD_SIGNATURE
    await source.verify(headers(), BODY)  # a refused copy does not use the genuine one up


@pytest.mark.parametrize("away", [-301, 301, 86_400])
async def test_an_old_or_early_timestamp_is_refused(
    source: PushSource, clock: Clock, away: int
) -> None:
    assert await refusal(source, headers(NOW + away)) is PushRefusal.OLD_TIMESTAMP
    clock.now += away
    await source.verify(headers(NOW + away), BODY)


@pytest.mark.parametrize(
    "changed",
    [
        {"X_Cicerone_Key": ""},
        {"X_Cicerone_Signature": ""},
        {"X_Cicerone_Timestamp": ""},
        {"X_Cicerone_Timestamp": "yesterday"},
        {"X_Cicerone_Timestamp": "-5"},
        {"X_Cicerone_Timestamp": "²"},
    ],
)
async def test_headers_that_will_not_do(source: PushSource, changed: dict[str, str]) -> None:
    assert await refusal(source, headers(NOW, BODY, **changed)) is PushRefusal.MALFORMED


async def test_a_body_that_is_too_large_is_refused_while_it_is_read(clock: Clock) -> None:
    source = bound(clock, max_mb=0.001)
    delivery = source.begin(headers())
    delivery.update(bytes(1000))
    with pytest.raises(PushRefusedError) as caught:
        delivery.update(bytes(1000))
    assert caught.value.reason is PushRefusal.TOO_LARGE


async def test_an_upload_token_is_good_once(source: PushSource) -> None:
    token = source.grant("guides/../manual.pdf", max_bytes=1000)
    grant = await source.redeem(token)
    assert (grant.name, grant.max_bytes) == ("guides/manual.pdf", 1000)
    with pytest.raises(PushRefusedError) as caught:
        await source.redeem(token)
    assert caught.value.reason is PushRefusal.REPLAYED


async def test_an_upload_token_expires_and_asks_for_no_more_than_is_allowed(
    clock: Clock,
) -> None:
    source = bound(clock, max_mb=1, upload_ttl_s=60)
    grant = await source.redeem(source.grant("a", max_bytes=1 << 40, ttl_s=10_000))
    assert grant.max_bytes == 1 << 20
    token = source.grant("a", ttl_s=10_000)
    clock.now += 61
    with pytest.raises(PushRefusedError) as caught:
        await source.redeem(token)
    assert caught.value.reason is PushRefusal.EXPIRED


async def test_a_token_of_another_source_or_hand_is_refused(
    source: PushSource, clock: Clock
) -> None:
    foreign = bound(clock, scope="other/partner").grant("a")
    claims = {"aud": "default/partner", "exp": NOW + 60, "jti": "1", "name": "a", "max": 1}
    forged = jwt.encode(claims, "another-secret-of-thirty-two-bytes!!", algorithm="HS256")
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (foreign, forged, unsigned, "nonsense", ""):
        with pytest.raises(PushRefusedError) as caught:
            await source.redeem(token)
        assert caught.value.reason is PushRefusal.BAD_SIGNATURE


async def test_without_a_cache_nothing_is_accepted(clock: Clock) -> None:
    source = PushSource(PushConfig.model_validate(OPTIONS), clock=clock)
    with pytest.raises(ProviderError, match="replays"):
        await source.verify(headers(), BODY)
    with pytest.raises(ProviderError, match="replays"):
        source.grant("a")


async def test_without_secrets_it_is_unavailable() -> None:
    source = load(SOURCE, "push", {})
    assert isinstance(source, Receiver)
    assert (await source.check()).status is Status.UNAVAILABLE
    with pytest.raises(ProviderError, match="keys"):
        load(SOURCE, "push", {"keys": {"acme": "short"}})
