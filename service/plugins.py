"""Builds the providers that the settings name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

from graphs.gateway.settings import DeploymentSettings
from providers import registry
from providers.errors import ProviderError
from providers.protocols import (
    Cache,
    ChatModel,
    Embedder,
    Guardrail,
    ObjectStore,
    Parser,
    Provider,
    Reranker,
    SparseEncoder,
    UsesEmbedder,
    VectorStore,
)
from providers.registry import Capability
from service.errors import SettingsError
from service.settings import PluginSettings, Settings
from service.tracing.providers import instrumented

P = TypeVar("P")
_UNNAMED: Final = frozenset({"fallback", "deployments", "guardrails"})
"""Not capabilities of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """One provider a capability; None is a capability that the settings switch off.

    `fallback` writes answers when the configured chat model cannot; `deployments` are the chat
    models of the section `models`, by name.
    """

    chat_model: ChatModel | None
    fallback: ChatModel | None
    embedder: Embedder | None
    sparse_encoder: SparseEncoder | None
    reranker: Reranker | None
    vector_store: VectorStore | None
    parser: Parser | None
    object_store: ObjectStore | None
    cache: Cache | None
    deployments: Mapping[str, ChatModel] = field(default_factory=dict)
    guardrails: Mapping[str, Guardrail] = field(default_factory=dict)

    def named(self) -> dict[str, Provider | None]:
        """Return the configured providers by capability."""
        names = [one.name for one in fields(self) if one.name not in _UNNAMED]
        return {name: getattr(self, name) for name in names}

    async def aclose(self) -> None:
        """Close every provider."""
        others = [self.fallback, *self.deployments.values(), *self.guardrails.values()]
        for provider in [*self.named().values(), *others]:
            if provider is not None:
                await provider.aclose()


def load_providers(settings: Settings) -> Providers:
    """Import and build the configured plugins; none of them connects or loads a model yet.

    Raises:
        SettingsError: a plugin is not installed, lacks a package, or has a wrong option.
    """
    chat = _load(registry.CHAT_MODEL, settings.chat_model, settings)
    plain = PluginSettings(plugin="extractive")
    fallback = None
    if settings.chat_model != plain:
        fallback = _load(registry.CHAT_MODEL, plain, settings)
    embedder = _load(registry.EMBEDDER, settings.embedder, settings)
    deployments = {name: _deployment(name, one, settings) for name, one in settings.models.items()}
    for model in (chat, fallback, *deployments.values()):
        if isinstance(model, UsesEmbedder):
            model.bind_embedder(embedder)
    return Providers(
        chat_model=chat,
        fallback=fallback,
        embedder=embedder,
        sparse_encoder=_load(registry.SPARSE_ENCODER, settings.sparse_encoder, settings),
        reranker=_load(registry.RERANKER, settings.reranker, settings),
        vector_store=_load(registry.VECTOR_STORE, settings.vector_store, settings),
        parser=_load(registry.PARSER, settings.parser, settings),
        object_store=_load(registry.OBJECT_STORE, settings.object_store, settings),
        cache=_load(registry.CACHE, settings.cache, settings),
        deployments=deployments,
        guardrails=_guardrails(settings),
    )


def _deployment(name: str, chosen: DeploymentSettings, settings: Settings) -> ChatModel:
    prices = {} if chosen.prices is None else {"prices": chosen.prices}
    defaults = {**_defaults(registry.CHAT_MODEL, settings), **prices}
    try:
        return registry.load(registry.CHAT_MODEL, chosen.plugin, chosen.options, defaults=defaults)
    except ProviderError as error:
        raise SettingsError(f"models.{name}: {error}") from error


def _guardrails(settings: Settings) -> dict[str, Guardrail]:
    """Build the guardrails that some stage names, each once."""
    guards = settings.guards
    names = dict.fromkeys([*guards.question, *guards.passage, *guards.answer])
    found: dict[str, Guardrail] = {}
    for name in names if guards.enabled else ():
        chosen = PluginSettings(plugin=name, options=guards.options.get(name, {}))
        rail = _load(registry.GUARDRAIL, chosen, settings)
        if rail is not None:
            found[name] = rail
    return found


def _load(capability: Capability[P], chosen: PluginSettings, settings: Settings) -> P | None:
    if not chosen.enabled:
        return None
    try:
        loaded = registry.load(
            capability, chosen.plugin, chosen.options, defaults=_defaults(capability, settings)
        )
        return instrumented(capability, loaded)
    except ProviderError as error:
        raise SettingsError(str(error)) from error


def _defaults(capability: Capability[P], settings: Settings) -> dict[str, Any]:
    """Return what the service offers every plugin."""
    return {"models_dir": settings.models_dir, "data_dir": settings.home / capability.name}
