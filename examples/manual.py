"""A product manual as it stands in `manuals/`: a head of `key: value` lines, then Markdown."""

from dataclasses import dataclass
from pathlib import Path

MANUALS = Path(__file__).parent / "manuals"
_FENCE = "---\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """One manual; `accent` is the colour of its cover and rules, as `#rrggbb`."""

    name: str
    title: str
    subtitle: str
    models: str
    number: str
    edition: str
    language: str
    accent: str
    body: str

    @property
    def filename(self) -> str:
        """File name of the rendered manual."""
        return f"{self.name}.pdf"


def read_manual(path: Path) -> Manual:
    """Read one manual.

    Raises:
        ValueError: the head is missing, or does not have the fields of `Manual`.
    """
    text = path.read_text(encoding="utf-8")
    if not text.startswith(_FENCE):
        raise ValueError(f"{path.name}: starts without a head of key: value lines")
    head, _, body = text.removeprefix(_FENCE).partition(f"\n{_FENCE}")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    try:
        return Manual(name=path.stem, body=body, **fields)
    except TypeError as error:
        raise ValueError(f"{path.name}: {error}") from error


def all_manuals() -> list[Manual]:
    """Read every manual, in order of name."""
    return [read_manual(path) for path in sorted(MANUALS.glob("*.md"))]
