import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.citations import Place, evaluate_citations, load_headings
from evals.errors import DatasetError


def write_gold(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_lines_of_one_heading_are_one_question(tmp_path: Path) -> None:
    gold = write_gold(
        tmp_path / "gold.jsonl",
        [
            {"file": "a.pdf", "heading": "Safety", "page": 2, "level": 1},
            {"file": "b.pdf", "heading": "Safety", "page": 3},
            {"file": "a.pdf", "heading": "Care", "page": 9},
        ],
    )
    questions = load_headings(gold)
    assert [q.heading for q in questions] == ["Safety", "Care"]
    assert questions[0].places == {Place("a.pdf", 2), Place("b.pdf", 3)}


async def test_a_hit_is_the_file_and_the_page(tmp_path: Path) -> None:
    gold = write_gold(
        tmp_path / "gold.jsonl",
        [
            {"file": "a.pdf", "heading": "first", "page": 2},
            {"file": "a.pdf", "heading": "third", "page": 2},
            {"file": "a.pdf", "heading": "never", "page": 2},
            {"file": "a.pdf", "heading": "sixth", "page": 2},
        ],
    )
    right, other_page, other_file = Place("a.pdf", 2), Place("a.pdf", 1), Place("b.pdf", 2)
    answers = {
        "first": [right],
        "third": [other_page, other_file, right],
        "never": [other_page, other_file, Place("a.pdf", None)],
        "sixth": [other_page] * 5 + [right],
    }

    async def locate(query: str, k: int) -> Sequence[Place]:
        return answers[query][:k]

    seen: list[int] = []
    report = await evaluate_citations(load_headings(gold), locate, progress=seen.append)
    assert report == {"questions": 4, "page_hit@1": 0.25, "page_hit@3": 0.5, "page_hit@5": 0.5}
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"file": "a.pdf", "heading": "x", "page": 0}, "line 1: page"),
        ({"heading": "x", "page": 1}, "line 1: file"),
        ({"file": "a.pdf", "heading": "", "page": 1}, "line 1: heading"),
    ],
)
def test_faulty_lines_are_named(tmp_path: Path, row: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_headings(write_gold(tmp_path / "gold.jsonl", [row]))
