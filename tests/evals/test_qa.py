import json
from pathlib import Path

import pytest

from evals.citations import Place
from evals.errors import DatasetError
from evals.qa import Cited, Given, QaRow, evaluate_qa, load_qa

PASSAGES = {"c1": "Descale it every 60 days. Use acid.", "c2": "It holds 1.2 litres."}
ROWS = [
    QaRow(question="right", answer="Descale it every 60 days", file="a.pdf", page=2),
    QaRow(question="second", answer="It holds 1.2 litres", file="a.pdf", page=2),
    QaRow(question="shy", answer="Red"),
    QaRow(question="silent", answerable=False),
    QaRow(question="bold", answerable=False),
]


def cite(marker: int, chunk: str, quote: str, page: int = 2) -> Cited:
    return Cited(marker=marker, chunk_id=chunk, place=Place("a.pdf", page), quote=quote)


def given(answer: str, *citations: Cited, abstained: bool = False) -> Given:
    return Given(answer=answer, abstained=abstained, citations=citations, passages=PASSAGES)


GIVEN = {
    "right": given("Descale it every 60 days [1].", cite(1, "c1", "every 60 days")),
    "second": given(
        "It holds 1.2 litres [1]. Use acid [2].",
        cite(1, "c2", "1.2 litres", page=9),
        cite(2, "c1", "Use acid"),
    ),
    "shy": given("Not there.", abstained=True),
    "silent": given("Not there.", abstained=True),
    "bold": given("Blue [1].", cite(1, "c1", "Blue")),
}


async def answer(question: str) -> Given:
    return GIVEN[question]


async def test_every_figure_is_counted() -> None:
    report = await evaluate_qa(ROWS, answer)
    metrics = report["metrics"]
    assert (report["questions"], report["answerable"]) == (5, 3)
    assert metrics["exact_match"] == pytest.approx(1 / 3, abs=1e-4)
    assert metrics["token_f1"] == pytest.approx((1 + 8 / 10 + 0) / 3, abs=1e-4)
    assert metrics["citation_page_hit"] == 0.5, "only the first citation counts"
    assert metrics["citation_valid"] == 0.75
    assert metrics["abstention_precision"] == 0.5
    assert metrics["abstention_recall"] == 0.5
    assert [(m["question"], m["what"]) for m in report["mistakes"]] == [
        ("second", "cited a.pdf p. 9 first; wanted a.pdf p. 2"),
        ("shy", "abstained"),
        ("bold", "answered what the documents do not say"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        given("No marker.", cite(1, "c1", "Use acid")),
        given("Other passage [1].", cite(1, "c9", "Use acid")),
        given("Not literal [1].", cite(1, "c1", "use acid")),
        given("Nothing quoted [1].", cite(1, "c1", "")),
        given("No citation [1]."),
    ],
)
async def test_a_citation_must_be_used_and_literal(wrong: Given) -> None:
    async def ask(question: str) -> Given:
        return wrong

    report = await evaluate_qa([QaRow(question="q", answer="x")], ask)
    assert report["metrics"]["citation_valid"] == 0.0


async def test_what_cannot_be_measured_is_null() -> None:
    report = await evaluate_qa([QaRow(question="shy", answer="Red")], answer)
    nothing = {name for name, value in report["metrics"].items() if value is None}
    assert nothing == {
        "citation_page_hit",
        "citation_valid",
        "abstention_precision",
        "abstention_recall",
    }


def test_rows_may_say_document_and_more(tmp_path: Path) -> None:
    path = tmp_path / "qa.jsonl"
    row = {"question": "q", "answer": "a", "document": "a.pdf", "page": 3, "kind": "normal"}
    path.write_text(json.dumps(row))
    assert load_qa(path)[0].place == Place("a.pdf", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no lines"), ('{"question": "q"}', "needs an answer")],
)
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "qa.jsonl"
    path.write_text(text)
    with pytest.raises(DatasetError, match=message):
        load_qa(path)
