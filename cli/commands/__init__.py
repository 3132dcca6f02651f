"""The commands, one module each; a module is imported to know its options, not to work."""

from collections.abc import Callable
from typing import Final

import typer

from cli.commands import (
    ask,
    audit,
    bench,
    collections,
    database,
    doctor,
    documents,
    durability,
    evaluate,
    guards,
    ingest,
    jobs,
    keys,
    licences,
    models,
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
    documents.register,
    collections.register,
    guards.register,
    quarantine.register,
    licences.register,
    sources.register,
    vendors.register,
    jobs.register,
    reindex.register,
    upkeep.register,
    audit.register,
    models.register,
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
