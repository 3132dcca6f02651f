"""Loads dumps of PostgreSQL databases into a server, each into a database of its own."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cli.problems import UsageProblemError

_PREFIX = "cicerone_eval_"


def load_dumps(url: str, folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Load `FOLDER/NAME.sql` for each name; returns the URL of each database.

    A database of the same name is dropped before. Needs PostgreSQL's `psql`.

    Raises:
        UsageProblemError: a dump cannot be loaded.
    """
    server = urlsplit(url)
    if server.scheme not in {"postgresql", "postgres"} or not server.hostname:
        raise UsageProblemError("--url: write postgresql://USER@HOST:PORT/DATABASE")
    found = {}
    for name in names:
        database = f"{_PREFIX}{name}"
        target = server._replace(path=f"/{database}").geturl()
        _psql(url, "-c", f'DROP DATABASE IF EXISTS "{database}"')
        _psql(url, "-c", f'CREATE DATABASE "{database}"')
        _psql(target, "-f", str(folder / f"{name}.sql"), strict=False)
        found[name] = target
    return found


def _psql(url: str, *arguments: str, strict: bool = True) -> None:
    stop = ["-v", "ON_ERROR_STOP=1"] if strict else []
    command = ["psql", "-X", "-q", url, *stop, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    except FileNotFoundError as error:
        message = "loading dumps needs psql, of the package postgresql-client"
        raise UsageProblemError(message) from error
    except subprocess.TimeoutExpired as error:
        raise UsageProblemError("psql did not end within 5 minutes") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise UsageProblemError(f"psql: {last}")
