"""Wexmarle Kitchen Works, the sample company: its manuals and the questions asked of them."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from examples.manual import MANUALS
from examples.render import render_manuals

SAMPLE_COLLECTION = "sample"
"""Collection that the sample manuals are loaded into."""

QUESTIONS = Path(__file__).parent / "golden" / "questions.jsonl"
STARTERS = (
    "Is distilled water allowed in the tank of the Calder oven?",
    "Which temperature for Japanese green tea?",
    "Can I vacuum garlic?",
    "Darf der Marl 45 an Warmwasser angeschlossen werden?",
)
"""Questions to begin with; each has an answer in the sample manuals."""

_STAMP = ".rendered"


class GoldenQuestion(BaseModel):
    """A question with its reference answer and the place that proves it.

    `page` is physical, from 1, in the rendered `document`; `heading` is the nearest heading
    above the `quote`, which stands on the page literally once runs of white space count as
    one space. A question that the manuals cannot answer has none of these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    language: Literal["en", "de"]
    answerable: bool
    answer: str | None = None
    document: str | None = None
    page: int | None = Field(default=None, ge=1)
    heading: str | None = None
    quote: str | None = None


def sample_manuals(home: Path) -> list[Path]:
    """Return the rendered manuals below `home`, made on first use and after an upgrade."""
    folder = home / "sample" / "manuals"
    stamp, current = folder / _STAMP, _source_hash()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == current:
        return sorted(folder.glob("*.pdf"))
    files = render_manuals(folder)
    for stale in set(folder.glob("*.pdf")) - set(files):
        stale.unlink()
    stamp.write_text(current, encoding="ascii")
    return files


def golden_questions(path: Path = QUESTIONS) -> list[GoldenQuestion]:
    """Load the golden set.

    Raises:
        pydantic.ValidationError: a row does not have the shape of `GoldenQuestion`.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return [GoldenQuestion.model_validate(json.loads(line)) for line in lines if line]


def _source_hash() -> str:
    digest = sha256()
    for path in _sources():
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield from sorted(Path(__file__).parent.glob("*.py"))
    yield from sorted(MANUALS.glob("*.md"))
