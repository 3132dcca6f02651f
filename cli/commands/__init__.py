"""The commands, one module each; a module is imported to know its options, not to work."""

from collections.abc import Callable
from typing import Final

import typer

from cli.commands import (
    ask,
    audit,
    bench,
    database,
    doctor,
    documents,
    evaluate,
    ingest,
    jobs,
    keys,
    models,
    reindex,
    sample,
    search,
    serve,
    upkeep,
    version,
)

REGISTRY: Final[tuple[Callable[[typer.Typer], None], ...]] = (
    serve.register,
    ingest.register,
    search.register,
    ask.register,
    documents.register,
    jobs.register,
    reindex.register,
    upkeep.register,
    audit.register,
    models.register,
    database.register,
    keys.register,
    doctor.register,
    evaluate.register,
    bench.register,
    sample.register,
    version.register,
)
"""In the order in which the help lists them."""
