"""Decides who a request comes from, and whether the service is open to this machine."""

from collections.abc import Callable
from dataclasses import dataclass

from api.problems import ProblemError
from api.security.loopback import is_loopback
from api.security.tokens import TokenVerifier, refused
from providers.principal import Principal, local_principal
from service.container import Container
from service.settings import Settings

KEY_PREFIX = "ck_"
_JWT_DOTS = 2


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request brings to say who it is from."""

    token: str | None
    client: str | None
    """Address of the other end; None for a Unix socket."""


class Access:
    """Authenticates requests.

    A service bound to loopback that has neither keys nor an issuer is *open*: whoever sits
    at the machine is the local administrator. Once a key exists it is closed, and stays so
    until it is started again, even if the last key is revoked.
    """

    def __init__(self, settings: Settings, container: Callable[[], Container]) -> None:
        self._container = container
        self._verifier = TokenVerifier(settings.auth.jwt) if settings.auth.jwt else None
        self._closed = self._verifier is not None or not is_loopback(settings.server.host)

    async def is_open(self) -> bool:
        """Tell whether a request without a credential is the local principal's."""
        if not self._closed and await self._container().keys.exist():
            self._closed = True
        return not self._closed

    async def principal(self, credential: Credential) -> Principal:
        """Authenticate a request.

        Raises:
            ProblemError: 401, the credential is missing, unknown or no longer valid.
        """
        token = credential.token
        if token and (found := await self._by_token(token)):
            return found
        known_kind = token is not None and token.startswith(KEY_PREFIX)
        if not known_kind and await self.is_open():
            if credential.client is not None and not is_loopback(credential.client):
                raise refused("a service without keys answers this machine only; make a key")
            return local_principal()
        if token is None:
            raise ProblemError(
                401,
                "credential-missing",
                "Who is asking is not known",
                "send an API key as 'Authorization: Bearer ck_…' or X-API-Key; "
                "`cicerone keys create` makes one",
            )
        raise refused("no such key; it is mistyped or was revoked")

    async def _by_token(self, token: str) -> Principal | None:
        if self._verifier is not None and token.count(".") == _JWT_DOTS:
            return await self._verifier.principal(token)
        return await self._container().keys.authenticate(token)
