"""Bearer tokens (JWT) of one configured issuer."""

import re
from collections.abc import Mapping
from typing import Any

import jwt

from api.problems import ProblemError
from api.security.jwks import Jwks, KeysUnavailableError, jwks_of
from providers.principal import Principal, Role
from service.settings import JwtSettings

_MAX_CHARS = 8192
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MAX_SUBJECT_CHARS = 200
_REQUIRED = ["exp", "iss", "aud", "sub"]


def refused(detail: str) -> ProblemError:
    """Build the refusal of a credential; the reason tells an attacker nothing he lacks."""
    return ProblemError(
        401,
        "credential-refused",
        "The credential was refused",
        detail,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


class TokenVerifier:
    """Turns a signed token into a principal.

    The algorithm must be on the allow-list *and* be the one of the key that the token
    names: a token can choose neither `none` nor a public key as an HMAC secret.
    """

    def __init__(self, settings: JwtSettings, keys: Jwks | None = None) -> None:
        self._settings = settings
        self._keys = keys or jwks_of(settings)

    async def principal(self, token: str) -> Principal:
        """Verify a token and read whose it is.

        Raises:
            ProblemError: 401 with the reason; 503 when the issuer's keys cannot be read.
        """
        if len(token) > _MAX_CHARS:
            raise refused(f"a token has at most {_MAX_CHARS} characters")
        try:
            claims = self._decode(token, await self._key_for(token))
        except jwt.PyJWTError as error:
            raise refused(f"the token is not valid: {error}") from error
        except KeysUnavailableError as error:
            raise ProblemError(
                503,
                "issuer-unavailable",
                "The issuer's keys cannot be read",
                "try again shortly; the operator finds the cause in the log (auth.jwt.jwks_*)",
            ) from error
        return self._principal_of(claims)

    async def _key_for(self, token: str) -> jwt.PyJWK:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._settings.algorithms:
            raise jwt.InvalidAlgorithmError("its algorithm is not on the allow-list")
        key = await self._keys.key(kid)
        if key is None:
            raise jwt.InvalidKeyError("the issuer has no key of that id")
        if key.algorithm_name != algorithm:
            raise jwt.InvalidAlgorithmError("its algorithm is not the one of the key")
        return key

    def _decode(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        settings = self._settings
        return jwt.decode(
            token,
            key,
            algorithms=list(settings.algorithms),
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=settings.leeway_s,
            options={"require": _REQUIRED},
        )

    def _principal_of(self, claims: Mapping[str, Any]) -> Principal:
        tenant = _claim(claims, self._settings.tenant_claim)
        if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
            raise refused(f"the claim {self._settings.tenant_claim!r} does not name a tenant")
        return Principal(
            tenant_id=tenant,
            subject=f"jwt:{str(claims['sub'])[:_MAX_SUBJECT_CHARS]}",
            roles=_roles(_claim(claims, self._settings.roles_claim)),
            attributes=self._attributes_of(claims),
        )

    def _attributes_of(self, claims: Mapping[str, Any]) -> dict[str, str]:
        wanted = self._settings.attributes.items()
        found = {name: _claim(claims, claim) for name, claim in wanted}
        return {name: value for name, value in found.items() if isinstance(value, str)}


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Follow a dotted path; a claim whose own name has the dots (a URL) comes first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _roles(value: Any) -> frozenset[Role]:
    """Read role names from a list or a space-separated text; names of other systems are left."""
    names = value.split() if isinstance(value, str) else value
    known = {role.value for role in Role}
    if not isinstance(names, list):
        return frozenset()
    return frozenset(Role(name) for name in names if isinstance(name, str) and name in known)
