"""Loads a retrieval test set in the BEIR layout.

A folder holds `corpus.jsonl` ({"_id", "title", "text"}), `queries.jsonl` ({"_id", "text"})
and `qrels/<split>.tsv` (query id, corpus id, score; a header line is optional).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, Field

from evals.errors import DatasetError, DatasetNotFoundError
from evals.jsonl import read_lines, read_rows

QRELS_COLUMNS = 3


class CorpusRow(BaseModel):
    """A document of the corpus."""

    id: str = Field(alias="_id")
    title: str = ""
    text: str = ""


class QueryRow(BaseModel):
    """A query."""

    id: str = Field(alias="_id")
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """A corpus, and the judged queries of one split.

    `judgements` maps query id to document id to grade; each query has at least one grade
    above 0. `queries` holds exactly the judged queries.
    """

    corpus: tuple[CorpusRow, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]


def load_retrieval_set(folder: Path, split: str) -> RetrievalSet:
    """Load a BEIR folder.

    Raises:
        DatasetNotFoundError: a file is missing; the message lists the splits there are.
        DatasetError: a file is malformed or the files do not fit together.
    """
    judgements = _judgements(_qrels_file(folder, split))
    corpus = load_corpus(folder)
    texts = {row.id: row.text for row in _unique(folder / "queries.jsonl", QueryRow)}
    missing = sorted(set(judgements) - set(texts))
    if missing:
        raise DatasetError(
            f"qrels/{split}.tsv judges {len(missing)} queries that queries.jsonl lacks, "
            f"the first is {missing[0]!r}"
        )
    queries = {key: texts[key] for key in judgements}
    return RetrievalSet(corpus=corpus, queries=queries, judgements=judgements)


def load_corpus(folder: Path) -> tuple[CorpusRow, ...]:
    """Load the corpus of a BEIR folder alone.

    Raises:
        DatasetNotFoundError: the file is missing.
        DatasetError: it is malformed.
    """
    return tuple(_unique(folder / "corpus.jsonl", CorpusRow))


def _qrels_file(folder: Path, split: str) -> Path:
    if not folder.is_dir():
        raise DatasetNotFoundError(f"{folder} is not a folder")
    splits = sorted(path.stem for path in (folder / "qrels").glob("*.tsv"))
    if split not in splits:
        known = ", ".join(splits) or "none"
        raise DatasetNotFoundError(f"{folder} has no split {split!r}; splits there: {known}")
    return folder / "qrels" / f"{split}.tsv"


RowT = TypeVar("RowT", CorpusRow, QueryRow)


def _unique(path: Path, row_type: type[RowT]) -> Iterable[RowT]:
    seen: set[str] = set()
    for row in read_rows(path, row_type):
        if row.id in seen:
            raise DatasetError(f"{path}: the id {row.id!r} occurs twice")
        seen.add(row.id)
        yield row
    if not seen:
        raise DatasetError(f"{path} has no rows")


def _judgements(path: Path) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        columns = line.rstrip("\r").split("\t")
        if len(columns) != QRELS_COLUMNS:
            raise DatasetError(f"{path}, line {number}: want 3 tab-separated columns")
        query, document, grade = columns
        if not grade.lstrip("-").isdecimal():
            if number == 1:
                continue
            raise DatasetError(f"{path}, line {number}: the score {grade!r} is not a whole number")
        found.setdefault(query, {})[document] = int(grade)
    judged = {query: grades for query, grades in found.items() if max(grades.values()) > 0}
    if not judged:
        raise DatasetError(f"{path} has no judgement above 0")
    return judged
