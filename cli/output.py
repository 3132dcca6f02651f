"""Prints results: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

WIDE: Final = 200
Document = BaseModel | Mapping[str, Any]


class Output:
    """Where a command writes; results to stdout, everything else to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        # A pipe has no width; a narrow guess would break tables for `grep`.
        self.out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
        self.err = Console(stderr=True, highlight=False)

    def show(self, document: Document, render: Callable[[Console], None]) -> None:
        """Print the document as JSON, or let `render` draw it for people."""
        if self.as_json:
            write_json(document)
        else:
            render(self.out)

    def note(self, message: str) -> None:
        """Say something on the side, on stderr."""
        self.err.print(message, markup=False)

    def progress(self) -> Progress:
        """Make a progress bar on stderr; it vanishes when done and is silent off a terminal."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        )


def write_json(document: Document) -> None:
    """Write one JSON document and a line end to stdout."""
    value = document.model_dump(mode="json") if isinstance(document, BaseModel) else document
    unicode_out = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(value, ensure_ascii=not unicode_out, indent=2, default=str) + "\n")
    sys.stdout.flush()
