"""The commands, one module each; a module is imported to know its options, not to work."""

from collections.abc import Callable
from typing import Final

import typer

from cli.commands import (
    ask,
    bench,
    database,
    doctor,
    documents,
    durability,
    evaluate,
    ingest,
    jobs,
    keys,
    models,
    sample,
    search,
    serve,
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
    jobs.register,
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
