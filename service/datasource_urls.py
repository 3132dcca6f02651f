"""Addresses of databases: what is kept of one, what is shown, and which are not to be read."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from service.errors import DatasourceInvalidError
from service.sealing import Seal

_ENV, _FILE = "env:", "file:"
_PORT = 5432
_SECRET_KEYS = frozenset({"password", "passfile", "sslpassword", "sslkey"})


def kept(url: str, seal: Seal) -> tuple[str, str | None]:
    """Return what is shown of a URL, and the whole of it encrypted where it has a password."""
    if url.startswith((_ENV, _FILE)):
        resolved(url, None, seal)
        return url, None
    shown = without_password(url)
    return shown, seal.seal(url) if shown != url else None


def resolved(url: str, sealed: str | None, seal: Seal) -> str:
    """Return the whole URL.

    Raises:
        DatasourceInvalidError: it names a variable or file that is not there.
    """
    if sealed is not None:
        return seal.open(sealed)
    if url.startswith(_ENV):
        found = os.environ.get(url.removeprefix(_ENV), "")
        if not found:
            raise DatasourceInvalidError(
                f"url: the environment variable {url.removeprefix(_ENV)} is not set where the "
                "service runs"
            )
        return found
    if url.startswith(_FILE):
        path = Path(url.removeprefix(_FILE))
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DatasourceInvalidError(f"url: the file {path} cannot be read") from error
    return url


def without_password(url: str) -> str:
    """Return a URL as it may be shown."""
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DatasourceInvalidError("url: this is no URL of a database") from error
    user, at, host = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    netloc = f"{name}{at}{host}" if colon and password else parts.netloc
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    open_ = [(key, value) for key, value in pairs if key.lower() not in _SECRET_KEYS]
    query = parts.query if len(open_) == len(pairs) else urlencode(open_)
    if netloc == parts.netloc and query == parts.query:
        return url
    return urlunsplit((parts.scheme, netloc, parts.path, query, parts.fragment))


SAMPLE = "sample"
"""The folder of the home that holds the sample company; its shop may be asked."""


def refuse_own(url: str, *, home: Path, database_url: str) -> None:
    """Refuse the service's own database and files: they hold other tenants' rows.

    Raises:
        DatasourceInvalidError: the URL leads there.
    """
    try:
        mine = _leads_home(url, home, database_url)
    except (ArgumentError, ValueError) as error:  # a port that is no number, a path with a NUL
        raise DatasourceInvalidError("url: this is no URL of a database") from error
    if mine:
        raise DatasourceInvalidError("url: the service's own database is no datasource")


def _leads_home(url: str, home: Path, database_url: str) -> bool:
    own = make_url(database_url)
    meant = make_url(url if "://" in url else f"sqlite:///{url}")
    if meant.drivername.startswith("sqlite"):
        path = Path(meant.database or "").resolve()
        place = home.resolve()
        stored = own.drivername.startswith("sqlite")
        inside = path.is_relative_to(place) and not path.is_relative_to(place / SAMPLE)
        return inside or (stored and path == Path(own.database or "").resolve())
    return not own.drivername.startswith("sqlite") and _place(meant) == _place(own)


def _place(url: URL) -> tuple[object, ...]:
    """Return which database of which server a URL means, as PostgreSQL's library reads it."""
    from psycopg import ProgrammingError  # noqa: PLC0415 - a third of a start
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - the same

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        parts = conninfo_to_dict(plain)
    except ProgrammingError as error:
        raise ValueError("no address of PostgreSQL") from error
    host = parts.get("hostaddr") or parts.get("host") or "localhost"
    here = "localhost" if host in {"127.0.0.1", "::1"} else host
    return here, str(parts.get("port") or _PORT), parts.get("dbname")
