"""Finds plugins by entry point and builds the one that the settings name."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, distributions
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from providers.errors import ProviderError, ProviderNotFoundError
from providers.protocols import (
    Cache,
    ChatModel,
    Embedder,
    Guardrail,
    ObjectStore,
    Parser,
    Reranker,
    Source,
    SparseEncoder,
    SqlDatasource,
    VectorStore,
)

P = TypeVar("P")
_GROUPS = "cicerone."


@dataclass(frozen=True, slots=True)
class Capability(Generic[P]):
    """A kind of provider; plugins register in the entry-point group `cicerone.<name>`."""

    name: str

    @property
    def group(self) -> str:
        """The entry-point group."""
        return f"{_GROUPS}{self.name}"


CHAT_MODEL: Capability[ChatModel] = Capability("chat_model")
EMBEDDER: Capability[Embedder] = Capability("embedder")
SPARSE_ENCODER: Capability[SparseEncoder] = Capability("sparse_encoder")
RERANKER: Capability[Reranker] = Capability("reranker")
VECTOR_STORE: Capability[VectorStore] = Capability("vector_store")
PARSER: Capability[Parser] = Capability("parser")
OBJECT_STORE: Capability[ObjectStore] = Capability("object_store")
CACHE: Capability[Cache] = Capability("cache")
GUARDRAIL: Capability[Guardrail] = Capability("guardrail")
SOURCE: Capability[Source] = Capability("source")
SQL_DATASOURCE: Capability[SqlDatasource] = Capability("sql_datasource")


def _plugins() -> EntryPoints:
    return _plugins_on(tuple(sys.path))


@lru_cache(maxsize=4)
def _plugins_on(_path: tuple[str, ...]) -> EntryPoints:
    """Read the metadata of every installed package, once: it takes tens of milliseconds."""
    found: dict[tuple[str, str], EntryPoint] = {}
    for package in distributions():
        for point in package.entry_points:
            if point.group.startswith(_GROUPS):
                found.setdefault((point.group, point.name), point)
    return EntryPoints(found.values())


def installed(capability: Capability[P]) -> list[str]:
    """List the names of the capability's installed plugins."""
    return sorted(_plugins().select(group=capability.group).names)


def secret_options(capability: Capability[P], name: str) -> frozenset[str]:
    """Return the names of a plugin's options that hold secrets; none when it is not installed."""
    found = list(_plugins().select(group=capability.group, name=name))
    if not found:
        return frozenset()
    fields = found[0].load().config_type.model_fields
    return frozenset(key for key, field in fields.items() if "Secret" in str(field.annotation))


def load(
    capability: Capability[P],
    name: str,
    options: Mapping[str, Any],
    *,
    defaults: Mapping[str, Any] | None = None,
) -> P:
    """Import and build the one plugin that the settings name.

    `defaults` are what the service offers every plugin (`models_dir`, `data_dir`); a plugin
    gets those that its config declares and the options leave out.

    Raises:
        ProviderNotFoundError: no plugin of that name is installed.
        ProviderError: its package is missing or an option is wrong; the message names it.
    """
    factory = _factory(capability, name)
    offered = {k: v for k, v in (defaults or {}).items() if k in factory.config_type.model_fields}
    config = _validated(capability, factory.config_type, {**offered, **options})
    return cast(P, factory(config))


def config_type(capability: Capability[P], name: str) -> type[BaseModel]:
    """Return the model of a plugin's options.

    Raises:
        ProviderNotFoundError: no plugin of that name is installed.
        ProviderError: its package is missing.
    """
    found: type[BaseModel] = _factory(capability, name).config_type
    return found


def configure(capability: Capability[P], name: str, options: Mapping[str, Any]) -> BaseModel:
    """Validate the options of a plugin without building it.

    Raises:
        ProviderNotFoundError: no plugin of that name is installed.
        ProviderError: its package is missing or an option is wrong; the message names it.
    """
    return _validated(capability, _factory(capability, name).config_type, options)


def _factory(capability: Capability[P], name: str) -> Any:
    found = list(_plugins().select(group=capability.group, name=name))
    if not found:
        known = ", ".join(installed(capability)) or "none"
        raise ProviderNotFoundError(
            f"{capability.name}.plugin: no plugin {name!r}; installed: {known}"
        )
    try:
        return found[0].load()
    except ModuleNotFoundError as error:
        raise ProviderError(
            f"{capability.name}.plugin {name!r} needs the package {error.name!r}: "
            f"pip install 'cicerone[{name}]'"
        ) from error


def _validated(
    capability: Capability[P], config_type: type[BaseModel], options: Mapping[str, Any]
) -> BaseModel:
    try:
        return config_type.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([capability.name, "options", *map(str, first["loc"])])
        raise ProviderError(f"{key}: {first['msg']}") from error
