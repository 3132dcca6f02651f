"""One owner a home: a lock on the folder, and a file that says where its server listens."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from service.errors import HomeInUseError, SettingsError

LOCK_NAME = "owner.lock"
DISCOVERY_NAME = "server.json"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server of a home listens; `token` lets this user's commands in."""

    base_url: str
    pid: int
    token: str


class HomeLock:
    """Holds a home folder for this process; the embedded stores belong to one process."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = FileLock(home / LOCK_NAME)

    def acquire(self) -> None:
        """Take the folder.

        Raises:
            HomeInUseError: another process has it.
            SettingsError: the folder cannot be made or written.
        """
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise HomeInUseError(_in_use(self._home)) from error
        except OSError as error:
            raise SettingsError(f"home: cannot use the folder {self._home}: {error}") from error

    def release(self) -> None:
        """Give the folder back; safe to call twice."""
        self._lock.release()

    def __enter__(self) -> "HomeLock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _in_use(home: Path) -> str:
    address = _read(home)
    if address is not None:
        return (
            f"the home folder {home} belongs to the server at {address.base_url} "
            f"(process {address.pid}); send requests to it, stop it, or set CICERONE_HOME"
        )
    return (
        f"the home folder {home} is open in another process; "
        "wait until it ends, or set CICERONE_HOME to another folder"
    )


def new_token() -> str:
    """Make a secret for this user's own commands."""
    return secrets.token_urlsafe(32)


def announce(home: Path, base_url: str, token: str) -> ServerAddress:
    """Write where this process's server listens, readable by this user only."""
    address = ServerAddress(base_url=base_url, pid=os.getpid(), token=token)
    path = home / DISCOVERY_NAME
    scratch = path.with_suffix(".tmp")
    scratch.touch(mode=0o600)
    scratch.write_text(json.dumps(asdict(address)), encoding="utf-8")
    scratch.replace(path)
    return address


def withdraw(home: Path) -> None:
    """Remove the discovery file of this process."""
    address = _read(home)
    if address is not None and address.pid == os.getpid():
        (home / DISCOVERY_NAME).unlink(missing_ok=True)


def running_server(home: Path) -> ServerAddress | None:
    """Find the server that owns `home`; a file left by a process that died does not count."""
    address = _read(home)
    if address is None:
        return None
    probe = FileLock(home / LOCK_NAME)
    try:
        probe.acquire(timeout=0)
    except Timeout:
        return address
    probe.release()
    return None


def _read(home: Path) -> ServerAddress | None:
    try:
        found = json.loads((home / DISCOVERY_NAME).read_text(encoding="utf-8"))
        return ServerAddress(**found)
    except (OSError, ValueError, TypeError):
        return None
