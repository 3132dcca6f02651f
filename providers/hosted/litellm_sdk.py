"""Loads LiteLLM once for all plugins, when the first call needs it, and keeps it to itself.

The import takes seconds and by default asks the network for a price list; LiteLLM's own
cache, callbacks, retries and logging are not used, because the gateway does these things.
"""

import importlib
import os
import warnings
from typing import Any

import anyio

_LATE = ("openai.resources", "litellm.litellm_core_utils.default_encoding")
"""What LiteLLM would import in its first call, in the event loop: there it takes two seconds."""
_LOCK = anyio.Lock()
_loaded: list[Any] = []


async def load_litellm() -> Any:
    """Return the module `litellm`, imported in a thread: the event loop goes on."""
    if not _loaded:
        async with _LOCK:
            if not _loaded:
                _loaded.append(await anyio.to_thread.run_sync(_import))
    return _loaded[0]


def is_loaded() -> bool:
    """Tell whether the import is done."""
    return bool(_loaded)


def _import() -> Any:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import litellm  # noqa: PLC0415 - seconds, and only a hosted model needs it

        for late in _LATE:
            importlib.import_module(late)

    for message in (
        "Item .* on TypedDict class",
        "Accessing the 'model_",
        ".*is using the `ReadOnly` qualifier",
    ):
        warnings.filterwarnings("ignore", message=message)  # what it does inside itself
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    # The sessions of that transport are never closed, which a process complains of at its end.
    litellm.disable_aiohttp_transport = True
    litellm.callbacks = []
    # Its OpenAI client takes `max_retries=0` for "not given", and then retries twice.
    setattr(litellm, "DEFAULT_MAX_RETRIES", 0)  # noqa: B010 - the types do not export it
    return litellm
