import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.citations import Place
from evals.errors import DatasetError
from evals.recorded import RecordedModels
from evals.strategies import RECORDED, compare_strategies, load_recorded, replies_of
from examples.company import golden_questions
from graphs.models import Call, Role
from graphs.query.instructions import instruct
from graphs.query.settings import Strategy
from providers.errors import ProviderError
from providers.principal import local_principal

ROW = {
    "question": "And now?",
    "document": "a.pdf",
    "page": 2,
    "rewrite": "a clearer question",
    "hyde": "A passage.",
    "decompose": ["One?", "Two?"],
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


async def test_each_strategy_is_measured(tmp_path: Path) -> None:
    rows = load_recorded(write(tmp_path / "rows.jsonl", ROW, {**ROW, "page": 3}))
    ranked = {
        Strategy.VANILLA: [Place("b.pdf", 2), Place("a.pdf", 2)],
        Strategy.HYDE: [Place("a.pdf", 2), Place("a.pdf", 3)],
    }

    async def find(question: str, strategy: Strategy) -> Sequence[Place]:
        return ranked.get(strategy, [])

    report = await compare_strategies(rows, find)
    assert report["questions"] == 2
    assert report["strategies"]["vanilla"] == {
        "mrr": 0.25,
        "page_hit@1": 0.0,
        "page_hit@3": 0.5,
        "page_hit@8": 0.5,
    }
    assert report["strategies"]["hyde"]["mrr"] == 0.75
    assert report["strategies"]["fusion"]["mrr"] == 0.0


async def test_a_recorded_model_says_what_was_written_down(tmp_path: Path) -> None:
    rows = load_recorded(write(tmp_path / "rows.jsonl", ROW))
    models = RecordedModels(replies_of(rows))

    def call(name: str, question: str) -> Call:
        request, prompt = instruct(name, {"question": question})
        return Call(principal=local_principal(), role=Role.HYDE, request=request, prompt=prompt)

    assert (await models.complete(call("hyde", "And now?"))).text == "A passage."
    assert (await models.complete(call("decompose", "And now?"))).text == "One?\nTwo?"
    degraded: list[str] = []
    pieces = [
        piece async for piece in models.stream(call("rewrite", "And now?"), degraded=degraded)
    ]
    assert "".join(piece.text for piece in pieces) == "a clearer question"
    with pytest.raises(ProviderError, match="nothing is recorded"):
        await models.complete(call("hyde", "Something else?"))
    assert models.serves(Role.HYDE)
    assert not models.serves(Role.SQL)


def test_the_recorded_questions_are_not_the_golden_ones() -> None:
    rows = load_recorded(RECORDED)
    golden = golden_questions()
    assert {row.question for row in rows}.isdisjoint({row.question for row in golden})
    assert {row.place for row in rows} <= {Place(g.document or "", g.page) for g in golden}


def test_no_recorded_passage_quotes_the_manual() -> None:
    quotes = [" ".join((g.quote or "").split()) for g in golden_questions() if g.quote]
    assert not [row.question for row in load_recorded(RECORDED) if row.hyde in quotes]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no lines"):
        load_recorded(write(tmp_path / "rows.jsonl"))
