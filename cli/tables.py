"""Tables for people."""

from rich import box
from rich.table import Table
from rich.text import Text

from cli.wording import printable

_IDS = frozenset(
    {"document", "index", "job", "key", "exclusion", "product", "vendor", "conversation"}
)
_GOOD = frozenset({"indexed", "unchanged", "created", "updated", "succeeded", "ready", "pass"})
_BAD = frozenset({"quarantined", "failed", "unavailable", "revoked", "fail"})
_FAIR = frozenset({"duplicate", "degraded", "cancelled", "running", "queued", "paused", "pending"})


class Rows:
    """A table that takes plain values; None is an empty cell, known states get a colour."""

    def __init__(self, *columns: str) -> None:
        self.grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in columns:
            # An id is there to be copied: it is never shortened.
            self.grid.add_column(name, overflow="fold", no_wrap=name in _IDS)

    def add_row(self, *values: object) -> None:
        """Append a row."""
        self.grid.add_row(*map(_cell, values))


def table(*columns: str) -> Rows:
    """Start a table with these column heads."""
    return Rows(*columns)


def _cell(value: object) -> Text:
    if isinstance(value, int | float):
        return Text(str(value), justify="right")
    text = "" if value is None else printable(str(value))
    return Text(text, style=_style(text))


def _style(text: str) -> str:
    if text in _GOOD:
        return "green"
    if text in _BAD:
        return "red"
    return "yellow" if text in _FAIR else ""
