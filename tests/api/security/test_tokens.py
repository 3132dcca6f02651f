"""Bearer tokens of an issuer."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from fastapi.responses import RedirectResponse, StreamingResponse

from api.problems import ProblemError
from api.security.jwks import Jwks, KeysUnavailableError, jwks_of
from api.security.tokens import TokenVerifier
from providers.principal import Role
from service.errors import SettingsError
from service.settings import JwtSettings

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, Any] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def _jwk(algorithm: str, kid: str) -> dict[str, Any]:
    maker = jwt.get_algorithm_by_name(algorithm)
    public = json.loads(maker.to_jwk(KEYS[algorithm].public_key()))
    return {**public, "kid": kid, "alg": algorithm, "use": "sig"}


def _jwks() -> dict[str, Any]:
    return {"keys": [_jwk(name, name.lower()) for name in KEYS]}


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "https://id.example", "aud": "cicerone", "sub": "ana", "exp": now + 60,
        "nbf": now - 5, "tenant_id": "acme", "roles": ["editor", "unrelated"],
    }  # fmt: skip
    return {key: value for key, value in {**claims, **changes}.items() if value is not None}


def _token(algorithm: str = "RS256", kid: str | None = None, **changes: Any) -> str:
    headers = {"kid": kid or algorithm.lower()}
    return jwt.encode(_claims(**changes), KEYS[algorithm], algorithm=algorithm, headers=headers)


@pytest.fixture
def settings(tmp_path: Path) -> JwtSettings:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(_jwks()), encoding="utf-8")
    return JwtSettings(issuer="https://id.example", audience="cicerone", jwks_file=path)


@pytest.fixture
def verifier(settings: JwtSettings) -> TokenVerifier:
    return TokenVerifier(settings)


@pytest.mark.parametrize("algorithm", list(KEYS))
async def test_reads_tenant_subject_and_roles(verifier: TokenVerifier, algorithm: str) -> None:
    principal = await verifier.principal(_token(algorithm))
    assert principal.tenant_id == "acme"
    assert principal.subject == "jwt:ana"
    assert principal.roles == {Role.EDITOR}


@pytest.mark.parametrize(
    ("claims", "is_public"),
    [
        ({"audience": "public"}, True),
        ({"audience": "staff"}, False),
        ({"audience": ["public"]}, False),
        ({}, False),
    ],
)
async def test_a_token_may_be_for_the_public(
    verifier: TokenVerifier, claims: Mapping[str, Any], is_public: bool
) -> None:
    principal = await verifier.principal(_token(**claims))
    assert principal.is_public is is_public


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"}, {"iss": None}, {"aud": "another"}, {"aud": None},
        {"exp": 1_000_000}, {"exp": None}, {"nbf": 32_503_680_000}, {"sub": None},
        {"tenant_id": None}, {"tenant_id": "../x"}, {"tenant_id": 7}, {"tenant_id": ""},
    ],
    ids=str,
)  # fmt: skip
async def test_refuses_wrong_claims(verifier: TokenVerifier, changes: Mapping[str, Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        await verifier.principal(_token(**changes))
    assert caught.value.status_code == 401


async def test_leeway_forgives_a_slow_clock(verifier: TokenVerifier) -> None:
    now = int(time.time())
    principal = await verifier.principal(_token(exp=now - 10, nbf=now + 10))
    assert principal.tenant_id == "acme"


async def test_no_known_role_is_no_role(verifier: TokenVerifier) -> None:
    principal = await verifier.principal(_token(roles=["owner"]))
    assert not principal.may(Role.READER)


@pytest.mark.parametrize(
    "roles", [{"realm": {"roles": ["admin"]}}, {"realm": {"roles": "admin x"}}]
)
async def test_follows_a_path_of_claims(settings: JwtSettings, roles: Mapping[str, Any]) -> None:
    verifier = TokenVerifier(settings.model_copy(update={"roles_claim": "realm.roles"}))
    principal = await verifier.principal(_token(roles=None, **roles))
    assert principal.may(Role.ADMIN)


def _forged(header: Mapping[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(part).encode() for part in (header, _claims(roles=["admin"]))]
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in [*parts, signature]
    )


async def test_refuses_an_unsigned_token(verifier: TokenVerifier) -> None:
    for algorithm in ("none", "None", "nOnE", ""):
        with pytest.raises(ProblemError):
            await verifier.principal(_forged({"alg": algorithm, "kid": "rs256"}))


async def test_refuses_a_public_key_used_as_a_secret(verifier: TokenVerifier) -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = _forged({"alg": "HS256", "kid": "rs256"}).rpartition(".")[0]
    mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    token = signed + "." + base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
    with pytest.raises(ProblemError):
        await verifier.principal(token)


async def test_refuses_an_algorithm_that_is_not_the_keys(verifier: TokenVerifier) -> None:
    with pytest.raises(ProblemError):
        await verifier.principal(_token("RS256", kid="es256"))


async def test_refuses_another_signer(verifier: TokenVerifier) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode(_claims(), stranger, algorithm="RS256", headers={"kid": "rs256"})
    with pytest.raises(ProblemError):
        await verifier.principal(token)


@pytest.mark.parametrize("token", ["a.b.c", "..", "a" * 9000 + ".b.c", "\u00e9.x.y"])
async def test_refuses_rubbish(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(ProblemError) as caught:
        await verifier.principal(token)
    assert caught.value.status_code == 401


async def test_a_shared_secret_in_the_key_set_is_not_used() -> None:
    secret = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()
    document = {"keys": [{"kty": "oct", "k": secret, "kid": "h", "alg": "HS256"}, *_jwks()["keys"]]}

    async def fetch() -> bytes:
        return json.dumps(document).encode()

    keys = Jwks(fetch)
    assert await keys.key("h") is None
    assert await keys.key("rs256") is not None


class Issuer:
    """A key set that changes, and counts who reads it."""

    def __init__(self) -> None:
        self.document = json.dumps(_jwks())
        self.reads = 0
        self.now = 0.0
        self.jwks = Jwks(self.fetch, lifespan_s=300, cooldown_s=30, clock=lambda: self.now)

    async def fetch(self) -> bytes:
        self.reads += 1
        if not self.document:
            raise OSError("unreachable")
        return self.document.encode()


async def test_keys_are_read_once_while_they_are_young() -> None:
    issuer = Issuer()
    for _ in range(5):
        assert await issuer.jwks.key("rs256")
    assert issuer.reads == 1
    issuer.now = 301
    assert await issuer.jwks.key("rs256")
    assert issuer.reads == 2


async def test_an_unknown_key_id_reads_again_but_not_more_often_than_the_cooldown() -> None:
    issuer = Issuer()
    assert await issuer.jwks.key("rs256")
    issuer.document = json.dumps({"keys": [_jwk("RS256", "next")]})
    for _ in range(5):
        assert await issuer.jwks.key("next") is None
    assert issuer.reads == 1
    issuer.now = 31
    assert await issuer.jwks.key("next")
    assert await issuer.jwks.key("rs256") is None
    assert issuer.reads == 2


async def test_an_issuer_that_is_down_does_not_lose_the_keys() -> None:
    issuer = Issuer()
    assert await issuer.jwks.key("rs256")
    issuer.document, issuer.now = "", 400
    assert await issuer.jwks.key("rs256")


async def test_without_any_keys_the_answer_is_503(settings: JwtSettings) -> None:
    issuer = Issuer()
    issuer.document = ""
    with pytest.raises(ProblemError) as caught:
        await TokenVerifier(settings, issuer.jwks).principal(_token())
    assert caught.value.status_code == 503


async def test_keys_are_read_from_a_url(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site = FastAPI()
    monkeypatch.setattr("api.security.jwks._MAX_BYTES", 10_000)

    @site.get("/keys")
    async def keys() -> dict[str, Any]:
        return _jwks()

    @site.get("/moved")
    async def moved() -> RedirectResponse:
        return RedirectResponse("/keys")

    @site.get("/endless")
    async def endless() -> StreamingResponse:
        return StreamingResponse(iter(lambda: b" " * 5000, None))

    async with serve(site) as address:

        def at(path: str) -> Jwks:
            return jwks_of(JwtSettings(issuer="i", audience="a", jwks_url=address + path))

        assert await at("/keys").key("es256") is not None
        for path in ("/moved", "/endless", "/missing"):
            with pytest.raises(KeysUnavailableError):
                await at(path).key("es256")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"jwks_file": "a", "jwks_url": "https://x"},
        {"jwks_url": "http://id.example/keys"},
        {"jwks_url": "file:///etc/passwd"},
    ],
)
def test_the_source_of_keys_must_be_safe(fields: Mapping[str, Any]) -> None:
    with pytest.raises(SettingsError):
        jwks_of(JwtSettings(issuer="i", audience="a", **fields))
