"""The options of a source: checked at once, and without the secrets that they name.

A secret is named as `env:NAME` (an environment variable of the server) or `file:PATH` (a file
that the server can read). It is read when the plugin is built and stored nowhere.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, SecretStr

from providers import registry
from providers.errors import ProviderError
from providers.protocols import Source
from service.errors import SourceInvalidError

_ENV, _FILE = "env:", "file:"
_MAX_SECRET_BYTES = 64 * 1024
_STAND_IN_CHARS = 64

Place = tuple[str, ...]
"""Where a value stands in the options."""


def check_options(plugin: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Make sure that a plugin takes these options, and that they hold no secret themselves.

    Returns them with a list wherever the plugin wants one and a single value was given.

    Raises:
        SourceInvalidError: naming the key and the fix.
    """
    if plugin not in (known := registry.installed(registry.SOURCE)):
        raise SourceInvalidError(f"plugin: no plugin {plugin!r}; installed: {', '.join(known)}")
    try:
        options = _with_lists(registry.config_type(registry.SOURCE, plugin), given)
    except ProviderError as error:
        raise SourceInvalidError(_own(error)) from error
    named = dict(_references(options, ()))
    # First without the secrets: a message about another option must not show one.
    config = _validated(plugin, _resolved(options, (), _stand_in))
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
    _validated(plugin, _resolved(options, (), _secret))
    return options


def _validated(plugin: str, options: Mapping[str, Any]) -> BaseModel:
    try:
        return registry.configure(registry.SOURCE, plugin, options)
    except ProviderError as error:
        raise SourceInvalidError(_own(error)) from error


def _with_lists(config_type: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Let a single value stand for a list of one, as people write it on a command line."""
    wants = {
        name
        for name, field in config_type.model_fields.items()
        if get_origin(field.annotation) in {tuple, list}
    }
    return {
        name: [value] if name in wants and isinstance(value, str | int | float) else value
        for name, value in given.items()
    }


def build_source(plugin: str, options: Mapping[str, Any]) -> Source:
    """Build a source's plugin with the secrets that its options name.

    Raises:
        SourceInvalidError: an option no longer fits, or a secret is not there.
    """
    try:
        return registry.load(registry.SOURCE, plugin, _resolved(options, (), _secret))
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


def _resolved(value: Any, place: Place, read: Callable[[str, Place], str]) -> Any:
    """Put in the place of what names a secret what `read` makes of it."""
    if isinstance(value, Mapping):
        return {name: _resolved(inner, (*place, str(name)), read) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(inner, (*place, str(at)), read) for at, inner in enumerate(value)]
    return read(value, place) if dict(_references(value, ())) else value


def _stand_in(reference: str, place: Place) -> str:
    """Return something as long as a secret may have to be."""
    return reference.ljust(_STAND_IN_CHARS, "*")


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
