import json
from pathlib import Path

import pytest

from evals.answers import Answered, evaluate_answers, load_golden
from evals.citations import Place
from evals.errors import DatasetError

ROWS = [
    {"id": "1", "question": "right", "answerable": True, "document": "a.pdf", "page": 2},
    {"id": "2", "question": "other page", "answerable": True, "document": "a.pdf", "page": 2},
    {"id": "3", "question": "shy", "answerable": True, "document": "a.pdf", "page": 2},
    {"id": "4", "question": "silent", "answerable": False},
    {"id": "5", "question": "bold", "answerable": False, "quote": None},
]
RIGHT, OTHER_PAGE, OTHER_FILE = Place("a.pdf", 2), Place("a.pdf", 3), Place("b.pdf", 2)


def write_golden(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


async def answer(question: str) -> Answered:
    return {
        "right": Answered(found=[RIGHT], cited=[OTHER_FILE, RIGHT], abstained=False),
        "other page": Answered(found=[OTHER_FILE, RIGHT], cited=[OTHER_PAGE], abstained=False),
        "shy": Answered(found=[OTHER_PAGE, OTHER_FILE], cited=[], abstained=True),
        "silent": Answered(found=[RIGHT], cited=[], abstained=True),
        "bold": Answered(found=[RIGHT], cited=[RIGHT], abstained=False),
    }[question]


async def test_decisions_and_places_are_counted(tmp_path: Path) -> None:
    rows = load_golden(write_golden(tmp_path / "golden.jsonl", ROWS))
    report = await evaluate_answers(rows, answer)
    mistakes = report.pop("mistakes")
    assert report == {
        "questions": 5,
        "answerable": 3,
        "unanswerable": 2,
        "answered": 0.6667,
        "abstained": 0.5,
        "cited_document": 0.6667,
        "cited_page": 0.3333,
        "document_hit@1": 0.6667,
        "document_hit@3": 1.0,
        "document_hit@5": 1.0,
        "page_hit@1": 0.3333,
        "page_hit@3": 0.6667,
        "page_hit@5": 0.6667,
    }
    assert {mistake["id"]: mistake["what"] for mistake in mistakes} == {
        "2": "cited a.pdf p. 3; wanted a.pdf p. 2",
        "3": "abstained",
        "5": "answered what the documents do not say",
    }


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no lines"),
        ([{"id": "1", "question": "x", "answerable": True}], "needs a document and a page"),
        ([ROWS[3], ROWS[3]], "'4' occurs twice"),
        ([{"id": "1", "answerable": False}], "line 1: question"),
    ],
)
def test_faults_are_named(tmp_path: Path, rows: list[dict[str, object]], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_golden(write_golden(tmp_path / "golden.jsonl", rows))
