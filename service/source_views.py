"""How the rows of a source are shown, and what a change makes of it."""

from collections.abc import Mapping
from typing import Any

from data.database import Transaction
from data.models import CrawlJob, Source
from service.source_schemas import CrawlRead, SourceChange, SourceRead, SourceSpec


def merged(before: SourceRead, change: SourceChange) -> SourceSpec:
    """Return the source as it is to be: what the change leaves out stays."""
    kept = {name: getattr(before, name) for name in SourceSpec.model_fields}
    given = {name: getattr(change, name) for name in change.model_fields_set}
    if given.get("options") is not None:
        given["options"] = _patched(before.options, given["options"])
    fields = SourceSpec.model_fields
    filled = {
        name: fields[name].get_default(call_default_factory=True) if value is None else value
        for name, value in given.items()
    }
    return SourceSpec.model_validate(kept | filled)


def _patched(value: Any, patch: Any) -> Any:
    """Merge as RFC 7386 says: objects by their keys, null removes, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(value) if isinstance(value, Mapping) else {}
    for name, inner in patch.items():
        if inner is None:
            merged.pop(name, None)
        else:
            merged[name] = _patched(merged.get(name), inner)
    return merged


async def source_read(tx: Transaction, source: Source) -> SourceRead:
    """Show a source's row."""
    names: dict[str, Any] = await tx.provenance.names_of(
        vendor_id=source.vendor_id, product_id=source.product_id, licence_id=source.licence_id
    )
    collection = await tx.collections.by_id(source.collection_id)
    columns = {
        name: getattr(source, name)
        for name in SourceRead.model_fields
        if hasattr(source, name) and name not in {"items"}
    }
    return SourceRead(
        **columns,
        source_id=source.id,
        collection=collection.name if collection else "",
        **names,
    )


def crawl_read(row: CrawlJob, source: str) -> CrawlRead:
    """Show a crawl's row."""
    columns = {
        name: getattr(row, name) for name in CrawlRead.model_fields if name not in {"source"}
    }
    return CrawlRead(**columns, source=source)
