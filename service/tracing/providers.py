"""Makes a span of every call of a provider.

A provider is instrumented in place: its own methods are covered on the instance. A wrapper of
another class would hide the optional protocols that a plugin may satisfy (`ReusesVectors`,
`UsesEmbedder`, `Priced`…), and attributes such as `in_process`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Final, TypeVar

from providers import registry
from providers.registry import Capability
from providers.telemetry import SpanKind, current, span
from providers.types import Candidates, Finding

P = TypeVar("P")
Said = Mapping[str, Any]
Describe = Callable[[Any, tuple[Any, ...]], Said]
"""Says what a call is about: the provider, the call's positional arguments."""
Told = Callable[[Any], Said]
"""Says what came of it."""
SHOWN: Final = 20
"""Most ids that a span lists."""


def instrumented(capability: Capability[P], provider: P) -> P:
    """Return the provider, with a span around each call of its work; chat models have theirs.

    The gateway makes a span of each call of a model, because only it knows prompt and price.
    """
    for method, (kind, describe, told) in _WORK.get(capability.name, {}).items():
        work = getattr(provider, method, None)
        if work is not None:
            name = f"{capability.name}.{method}"
            covered = _covered(provider, work, name=name, kind=kind, describe=describe, told=told)
            setattr(provider, method, covered)
    return provider


def _covered(
    provider: object,
    work: Callable[..., Awaitable[Any]],
    *,
    name: str,
    kind: SpanKind,
    describe: Describe,
    told: Told,
) -> Callable[..., Awaitable[Any]]:
    @wraps(work)
    async def covered(*args: Any, **kwargs: Any) -> Any:
        if not current().recording:
            return await work(*args, **kwargs)
        with span(name, kind, **describe(provider, args)) as doing:
            result = await work(*args, **kwargs)
            doing.set(**told(result))
            return result

    return covered


def _nothing(_result: Any) -> Said:
    return {}


def _texts(provider: Any, args: tuple[Any, ...]) -> Said:
    texts: Sequence[str] = args[0] if args else ()
    return {
        "model": getattr(provider, "fingerprint", None) or type(provider).__name__,
        "texts": len(texts),
        "input_size": sum(map(len, texts)),
    }


def _reranked(provider: Any, args: tuple[Any, ...]) -> Said:
    passages: Sequence[str] = args[1] if len(args) > 1 else ()
    return {
        "model": type(provider).__name__,
        "texts": len(passages),
        "input_size": sum(map(len, passages)),
    }


def _index(_provider: Any, args: tuple[Any, ...]) -> Said:
    index = args[0] if args else None
    items = args[2] if len(args) > 2 else None  # noqa: PLR2004 - index, tenant, items
    count = {"items": len(items)} if isinstance(items, list | tuple) else {}
    return {"index": index, **count}


def _found(result: Candidates) -> Said:
    return {
        "dense": len(result.dense),
        "sparse": len(result.sparse),
        "retrieved_chunk_ids": [point.id for point in (result.dense or result.sparse)[:SHOWN]],
    }


def _findings(result: list[list[Finding]]) -> Said:
    rules = [each.rule for found in result for each in found if not each.calms]
    return {"findings": len(rules), "rules": sorted(set(rules))[:SHOWN]}


def _file(_provider: Any, args: tuple[Any, ...]) -> Said:
    return {"input_size": len(args[0]) if args else 0}


_EMBED = (SpanKind.EMBEDDING, _texts, _nothing)
_GUARD = (SpanKind.GUARD, _texts, _findings)
_STORE = (SpanKind.PROVIDER, _index, _nothing)
_WORK: Final[Mapping[str, Mapping[str, tuple[SpanKind, Describe, Told]]]] = {
    registry.EMBEDDER.name: {"embed": _EMBED},
    registry.SPARSE_ENCODER.name: {"encode": _EMBED},
    registry.RERANKER.name: {"rerank": (SpanKind.PROVIDER, _reranked, _nothing)},
    registry.VECTOR_STORE.name: {
        "search": (SpanKind.RETRIEVAL, _index, _found),
        "upsert": _STORE,
        "delete": _STORE,
        "delete_document": _STORE,
        "optimize": _STORE,
    },
    registry.GUARDRAIL.name: {"inspect": _GUARD},
    registry.PARSER.name: {"parse": (SpanKind.PROVIDER, _file, _nothing)},
}
