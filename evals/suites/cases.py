"""The questions of a suite: what is asked, and what proves that an answer is right."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evals.errors import DatasetError
from evals.jsonl import read_rows


class Case(BaseModel):
    """A question with its reference answer and its place; `page` is physical, from 1.

    A question that the documents cannot answer has `answerable` false and nothing else.
    `category` groups cases in reports; without one it is the document.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=100)
    question: str = Field(min_length=1)
    language: str = "en"
    answerable: bool = True
    answer: str | None = None
    document: str | None = None
    page: int | None = Field(default=None, ge=1)
    category: str | None = None
    collection: str | None = None

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if self.answerable and not (self.answer and self.answer.strip()):
            raise ValueError(
                "an answerable question needs an answer; add one, or set answerable to false"
            )
        return self

    @property
    def group(self) -> str:
        """What reports group this case by."""
        if self.category:
            return self.category
        return (self.document or "other") if self.answerable else "unanswerable"

    @property
    def fingerprint(self) -> str:
        """Name what is asked and wanted; another wording is another case."""
        return _sha256([self.model_dump_json()])[:12]


def load_cases(path: Path) -> list[Case]:
    """Load the cases of a suite.

    Raises:
        DatasetError: a line is malformed, an id occurs twice, or there is none.
    """
    cases = list(read_rows(path, Case))
    if not cases:
        raise DatasetError(f"{path} has no lines")
    return unique(cases, str(path))


def unique(cases: Sequence[Case], origin: str) -> list[Case]:
    """Return the cases, if each has an id of its own.

    Raises:
        DatasetError: an id occurs twice.
    """
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise DatasetError(f"{origin}: the id {case.id!r} occurs twice; give one another id")
        seen.add(case.id)
    return list(cases)


def spread(cases: Sequence[Case], wanted: int) -> list[Case]:
    """Return `wanted` cases, evenly over the list, so that each language and manual has a part."""
    if wanted >= len(cases):
        return list(cases)
    return [cases[at * len(cases) // wanted] for at in range(wanted)]


def dataset_hash(cases: Iterable[Case]) -> str:
    """Name a set of cases by its content, whatever their order."""
    return _sha256(sorted(case.model_dump_json() for case in cases))


def _sha256(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()
