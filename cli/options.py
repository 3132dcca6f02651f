"""Options that several commands share, so that each reads the same everywhere."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

Mode = Literal["hybrid", "dense", "sparse"]
StrategyName = Literal["vanilla", "rewrite", "hyde", "fusion", "auto"]
RoleName = Literal["reader", "editor", "admin"]

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document on stdout; progress goes to stderr."),
]
CollectionOption = Annotated[
    str,
    typer.Option("--collection", "-c", help="The collection; the first file makes it."),
]
ModeOption = Annotated[
    Mode, typer.Option("--mode", "-m", help="Which branches of retrieval to use.")
]
RerankOption = Annotated[
    bool | None,
    typer.Option(
        "--rerank/--no-rerank", help="Force or forbid reranking; without it, as configured."
    ),
]
FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        help="Narrow the search, such as language=de or pages=3-9; may be repeated.",
    ),
]
StrategyOption = Annotated[
    StrategyName | None,
    typer.Option("--strategy", help="How to look for passages; without it, as configured."),
]
ExplainOption = Annotated[
    bool,
    typer.Option("--explain", help="Show how each passage was found, and why it was kept."),
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="How many rows.")]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was said before the command's name."""

    home: Path | None = None

    def overrides(self) -> dict[str, Any]:
        """Return the settings that the command line wins over file and environment."""
        return {} if self.home is None else {"home": self.home}


def examples(*lines: str) -> str:
    """Format example calls as the epilog of a command's help."""
    shown = (f"  [green]{line}[/green]" for line in lines)
    return "\n\n".join(["[bold]Examples[/bold]", *shown])
