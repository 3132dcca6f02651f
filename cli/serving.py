"""Runs the server: the address, the warning before an open door, the discovery file, the end."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

import uvicorn

from api.app import Mount, create_app
from api.security.loopback import is_loopback
from cli.problems import Problem, ProblemError
from service.container import open_container
from service.errors import SettingsError
from service.keys import Keys
from service.owner import announce, withdraw
from service.settings import Settings

GRACE_S: Final = 10
"""Seconds that open requests get to end after a signal; streams are cut then."""


async def require_door(settings: Settings, keys: Keys) -> None:
    """Refuse to listen where others can reach us while nobody has to say who they are.

    Raises:
        SettingsError: saying how to make a key.
    """
    host = settings.server.host
    if is_loopback(host) or settings.auth.jwt is not None or await keys.exist():
        return
    raise SettingsError(
        f"server.host: refusing to listen on {host}, because anyone who reaches it could read "
        "and change everything: there is no API key and no JWT issuer. Make a key first with "
        "`cicerone keys create NAME --role admin`, or set auth.jwt, or listen on 127.0.0.1"
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 takes a free one.

    Raises:
        ProblemError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ProblemError(_cannot_listen(host, port, error)) from error


def base_url(listener: socket.socket) -> str:
    """Return the URL by which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _cannot_listen(host: str, port: int, error: OSError) -> Problem:
    return Problem(
        type="/problems/address-unavailable",
        title="Cannot listen there",
        status=503,
        detail=f"{host} port {port}: {error.strerror}; choose another with --host and --port",
    )


class _Server(uvicorn.Server):
    """Says when it is ready, and takes a signal as a wish to end, not as a failure."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


async def serve_home(
    settings: Settings, mounts: Sequence[Mount], ready: Callable[[str], None]
) -> None:
    """Serve the home until a signal; a second signal cuts what is still running.

    Args:
        settings: Where to listen and what to build.
        mounts: Faces beside the API, such as the console.
        ready: Is told the server's URL once it answers.

    Raises:
        SettingsError: the address is open to others and the service is not closed to them.
        ProblemError: the address cannot be listened on.
    """
    server = settings.server
    async with open_container(settings, resume=True) as container:
        await require_door(settings, container.keys)
        with listen(server.host, server.port) as listener:
            url = base_url(listener)

            def announce_ready() -> None:
                announce(settings.home, url, container.local_token)
                ready(url)

            config = uvicorn.Config(
                create_app(settings, container, mounts=mounts),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=GRACE_S,
            )
            try:
                await _Server(config, announce_ready).serve(sockets=[listener])
            finally:
                withdraw(settings.home)
