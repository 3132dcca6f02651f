"""The commands, one module each; a module is imported to know its options, not to work."""

from collections.abc import Callable
from typing import Final

import typer

from cli.commands import (
    ask,
    audit,
    bench,
    budgets,
    caches,
    collections,
    conversations,
    database,
    doctor,
    documents,
    durability,
    evaluate,
    ingest,
    jobs,
    keys,
    licences,
    models,
    prompts,
    quarantine,
    reindex,
    sample,
    search,
    serve,
    sources,
    upkeep,
    vendors,
    version,
    worker,
)

REGISTRY: Final[tuple[Callable[[typer.Typer], None], ...]] = (
    serve.register,
    worker.register,
    ingest.register,
    search.register,
    ask.register,
    conversations.register,
    documents.register,
    collections.register,
    quarantine.register,
    licences.register,
    sources.register,
    vendors.register,
    jobs.register,
    reindex.register,
    upkeep.register,
    audit.register,
    caches.register,
    models.register,
    prompts.register,
    budgets.register,
    database.register,
    keys.register,
    doctor.register,
    evaluate.register,
    durability.register,
    bench.register,
    sample.register,
    version.register,
)
"""In the order in which the help lists them."""
