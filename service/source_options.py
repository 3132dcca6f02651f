"""The options of a source: checked at once, and without the secrets that they name.

A secret is named as `env:NAME` (an environment variable of the server) or `file:PATH` (a file
that the server can read). It is read when the plugin is built and stored nowhere.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from providers import registry
from providers.errors import ProviderError
from providers.protocols import Source
from service.errors import SourceInvalidError

_ENV, _FILE = "env:", "file:"
_MAX_SECRET_BYTES = 64 * 1024

Place = tuple[str, ...]
"""Where a value stands in the options."""


def check_options(plugin: str, options: Mapping[str, Any]) -> None:
    """Make sure that a plugin takes these options, and that they hold no secret themselves.

    Raises:
        SourceInvalidError: naming the key and the fix.
    """
    if plugin not in (known := registry.installed(registry.SOURCE)):
        raise SourceInvalidError(f"plugin: no plugin {plugin!r}; installed: {', '.join(known)}")
    named = dict(_references(options, ()))
    try:
        config = registry.configure(registry.SOURCE, plugin, _resolved(options, ()))
    except ProviderError as error:
        raise SourceInvalidError(_own(error)) from error
    secret = set(_secrets(config, ()))
    for place in sorted(secret - named.keys()):
        if _at(options, place) is not None:
            raise SourceInvalidError(
                f"{_key(place)}: a secret is not stored; write env:NAME for an environment "
                "variable of the server, or file:PATH for a file that it can read"
            )
    for place in sorted(named.keys() - secret):
        raise SourceInvalidError(
            f"{_key(place)}: {named[place]!r} names a secret, and this option takes none"
        )


def build_source(plugin: str, options: Mapping[str, Any]) -> Source:
    """Build a source's plugin with the secrets that its options name.

    Raises:
        SourceInvalidError: an option no longer fits, or a secret is not there.
    """
    try:
        return registry.load(registry.SOURCE, plugin, _resolved(options, ()))
    except ProviderError as error:
        raise SourceInvalidError(_own(error)) from error


def _references(value: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Find the values that name a secret."""
    if isinstance(value, str) and value.startswith((_ENV, _FILE)) and "://" not in value:
        yield place, value
    for step, inner in _inside(value):
        yield from _references(inner, (*place, step))


def _secrets(value: object, place: Place) -> Iterator[Place]:
    """Find where the plugin's options hold secrets."""
    if isinstance(value, SecretStr):
        yield place
    for step, inner in _inside(value):
        yield from _secrets(inner, (*place, step))


def _inside(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from ((str(name), inner) for name, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(number), inner) for number, inner in enumerate(value))


def _at(value: object, place: Place) -> object:
    for step in place:
        value = dict(_inside(value)).get(step)
    return value


def _resolved(value: Any, place: Place) -> Any:
    """Put secrets in the place of what names them."""
    if isinstance(value, Mapping):
        return {name: _resolved(inner, (*place, str(name))) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(inner, (*place, str(at))) for at, inner in enumerate(value)]
    return _secret(value, place) if dict(_references(value, ())) else value


def _secret(reference: str, place: Place) -> str:
    if reference.startswith(_ENV):
        name = reference.removeprefix(_ENV)
        found = os.environ.get(name)
        if not found:
            raise SourceInvalidError(
                f"{_key(place)}: the environment variable {name} is not set where the service runs"
            )
        return found
    path = Path(reference.removeprefix(_FILE))
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SECRET_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceInvalidError(f"{_key(place)}: the file {path} cannot be read") from error


def _key(place: Place) -> str:
    return ".".join(("options", *place))


def _own(error: ProviderError) -> str:
    return str(error).removeprefix("source.")
