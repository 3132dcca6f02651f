"""The encoders of indexes that are older than the settings."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import anyio.to_thread

from graphs.encoders import Encoders
from providers import registry
from providers.errors import ProviderError
from providers.registry import Capability
from service.plugins import Providers
from service.settings import PluginSettings, Settings
from service.tracing.providers import instrumented

P = TypeVar("P")


def configured_encoders(settings: Settings, providers: Providers) -> Encoders:
    """Return the encoders that the settings name, with the recipe to build them again."""
    recipe = {
        "embedder": _recipe(registry.EMBEDDER, settings.embedder),
        "sparse_encoder": _recipe(registry.SPARSE_ENCODER, settings.sparse_encoder),
    }
    return Encoders(
        embedder=providers.embedder, sparse_encoder=providers.sparse_encoder, recipe=recipe
    )


def _recipe(capability: Capability[P], chosen: PluginSettings) -> dict[str, Any] | None:
    """Return a plugin and its options, without those that hold secrets."""
    if not chosen.enabled:
        return None
    secret = registry.secret_options(capability, chosen.plugin)
    options = {name: value for name, value in chosen.options.items() if name not in secret}
    return {"plugin": chosen.plugin, "options": options}


class EncoderShelf:
    """Builds encoders from recipes and keeps them, as long as the service runs.

    Secrets are in no recipe: they come from the settings, while those name the same plugin.
    """

    def __init__(
        self, settings: Settings, bind: Callable[[Mapping[str, object]], None] | None = None
    ) -> None:
        """Build with the settings' secrets; `bind` sees each encoder by its function."""
        self._settings = settings
        self._bind = bind
        self._built: dict[str, Encoders] = {}
        self._lock = anyio.Lock()

    async def of(self, recipe: Mapping[str, Any] | None, name: str) -> Encoders:
        """Return the encoders of a recipe, whose vectors are those of `made_by` `name`.

        Raises:
            ProviderError: they cannot be built, or would make other vectors.
        """
        async with self._lock:
            if name not in self._built:
                self._built[name] = await anyio.to_thread.run_sync(self._build, recipe, name)
            return self._built[name]

    def _build(self, recipe: Mapping[str, Any] | None, name: str) -> Encoders:
        if recipe is None:
            raise ProviderError(
                f"the index was made by {name!r}, and how to build that was not recorded; "
                "configure it again, or ingest the documents again"
            )
        sparse = self._load(
            registry.SPARSE_ENCODER, recipe["sparse_encoder"], self._settings.sparse_encoder
        )
        found = Encoders(
            embedder=self._load(registry.EMBEDDER, recipe["embedder"], self._settings.embedder),
            sparse_encoder=sparse,
            recipe=recipe,
        )
        if self._bind is not None:
            self._bind({"embed": found.embedder})
        if found.made_by != name:
            raise ProviderError(
                f"the index was made by {name!r}, but its options now make {found.made_by!r}: "
                "put the model back that was there before"
            )
        return found

    def _load(
        self, capability: Capability[P], recipe: Mapping[str, Any] | None, now: PluginSettings
    ) -> P | None:
        if recipe is None:
            return None
        options = dict(recipe["options"])
        if now.plugin == recipe["plugin"]:
            secret = registry.secret_options(capability, now.plugin)
            options |= {key: value for key, value in now.options.items() if key in secret}
        defaults = {
            "models_dir": self._settings.models_dir,
            "data_dir": self._settings.home / capability.name,
        }
        loaded = registry.load(capability, recipe["plugin"], options, defaults=defaults)
        return instrumented(capability, loaded)

    async def aclose(self) -> None:
        """Close what was built."""
        built, self._built = list(self._built.values()), {}
        for encoders in built:
            for provider in (encoders.embedder, encoders.sparse_encoder):
                if provider is not None:
                    await provider.aclose()
