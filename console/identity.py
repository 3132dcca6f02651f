"""Who sits in front of the browser, and with which key."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from api.problems import ProblemError
from api.security.access import Access, Credential
from providers.principal import Principal
from service.container import Container

SESSION_S: Final = 12 * 3600
"""Seconds of disuse after which a sign-in is forgotten: a working day."""


@dataclass(slots=True)
class _SignIn:
    key: str
    used: float


class Door:
    """Lets visitors in: anyone on an open service, otherwise whoever signed in with a key.

    Keys stay in this process's memory, filed under the session that a signed cookie names;
    they are never written to disk and never sent back to the browser. Every use is
    authenticated anew, so a revoked key ends its sessions at once.
    """

    def __init__(
        self,
        container: Callable[[], Container],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = Access(container().settings, container)
        self._clock = clock
        self._signed_in: dict[str, _SignIn] = {}

    async def visitor(self, request: Request) -> "Visitor | None":
        """Return who asks for a page, or None when they have to sign in first."""
        session, client = self.caller(request)
        visitor = Visitor(self, session=session, client=client)
        try:
            await visitor.principal()
        except ProblemError:
            return None
        return visitor

    @staticmethod
    def caller(request: Request) -> tuple[str, str | None]:
        """Return the session that a request belongs to, and the address it comes from."""
        return str(request.session["id"]), request.client.host if request.client else None

    async def principal(self, session: str, client: str | None) -> Principal:
        """Authenticate a session.

        Raises:
            ProblemError: 401, the session is not (or no longer) signed in.
        """
        self._forget_unused()
        found = self._signed_in.get(session)
        principal = await self._access.principal(
            Credential(token=found.key if found else None, client=client)
        )
        if found:
            found.used = self._clock()
        return principal

    async def sign_in(self, session: str, client: str | None, key: str) -> None:
        """Remember a key for a session.

        Raises:
            ProblemError: 401, the key is unknown or was revoked.
        """
        await self._access.principal(Credential(token=key, client=client))
        self._signed_in[session] = _SignIn(key=key, used=self._clock())

    def sign_out(self, session: str) -> None:
        """Forget a session's key."""
        self._signed_in.pop(session, None)

    def signed_in(self, session: str) -> bool:
        """Tell whether a session holds a key, so that it can be told to sign out."""
        return session in self._signed_in

    def _forget_unused(self) -> None:
        oldest = self._clock() - SESSION_S
        for session in [name for name, held in self._signed_in.items() if held.used < oldest]:
            del self._signed_in[session]


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person at one open page."""

    door: Door
    session: str
    client: str | None

    async def principal(self) -> Principal:
        """Authenticate again; raises ProblemError once the key no longer holds."""
        return await self.door.principal(self.session, self.client)
