from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import pytest

from graphs.errors import BudgetExceededError
from graphs.models import Call, Reply, Role
from graphs.query.doubt import is_unsure, is_vague, lead_of, parts_of
from graphs.query.looking_again import fuse_by_rank
from graphs.query.planning import read_questions
from graphs.query.settings import StrategySettings
from graphs.query.state import Passage
from providers.errors import ProviderError
from providers.types import ChatDelta, Usage


class Written:
    """Replies what was written for each prompt; an exception is raised."""

    def __init__(self, **replies: str | Exception) -> None:
        self._replies = replies
        self.calls: list[Call] = []

    def serves(self, role: Role) -> bool:
        return True

    async def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        raise NotImplementedError
        yield ChatDelta()

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        assert call.prompt is not None
        found = self._replies[call.prompt.name]
        if isinstance(found, Exception):
            raise found
        usage = Usage(input_tokens=10, output_tokens=5, cost_usd=0.25)
        return Reply(text=found, model="written", usage=usage)


@pytest.mark.parametrize(
    ("question", "language", "vague"),
    [
        ("It does not work", "en", True),
        ("What about cleaning?", "en", True),
        ("How many litres does the KX-200 hold?", "en", False),
        ("What does E05 mean?", "en", False),
        ("Which tablets descale the kettle?", "en", False),
        ("Was tun?", "de", True),
        ("Wie reinige ich den Garraum?", "de", False),
    ],
)
def test_vague_questions(question: str, language: str, vague: bool) -> None:
    assert is_vague(question, language) is vague


def test_questions_in_one_are_split() -> None:
    text = "What is remote support and how does it work? Where is the menu"
    assert parts_of(text, 4) == [
        "What is remote support?",
        "how does it work?",
        "Where is the menu?",
    ]
    assert len(parts_of(text, 2)) == 2
    assert parts_of("Salt and pepper for how long?", 4) == ["Salt and pepper for how long?"]


def scored(make: Callable[..., Passage], *scores: float, agree: bool) -> list[Passage]:
    found = [make("text", rank=rank, score=score) for rank, score in enumerate(scores, 1)]
    fused = found[0].fused._replace(dense_rank=1, sparse_rank=1 if agree else 7)
    return [replace(found[0], fused=fused), *found[1:]]


@pytest.mark.parametrize(
    ("scores", "agree", "unsure"),
    [
        ((0.9, 0.85, 0.8), False, True),
        ((0.9, 0.85, 0.8), True, False),
        ((0.9, 0.6, 0.6), False, False),
        ((0.9,), False, False),
    ],
)
def test_a_look_is_unsure_when_branches_differ_and_nothing_stands_out(
    passage: Callable[..., Passage], scores: tuple[float, ...], agree: bool, unsure: bool
) -> None:
    assert is_unsure(scored(passage, *scores, agree=agree), StrategySettings()) is unsure


def test_nothing_found_is_unsure_too() -> None:
    assert is_unsure([], StrategySettings())
    assert lead_of([]) is None


def test_ranks_are_fused(passage: Callable[..., Passage]) -> None:
    one, two, three = (passage("text", rank=rank) for rank in (1, 2, 3))
    fused = fuse_by_rank([[one, two], [two, three]], 60)
    assert [p.chunk_id for p in fused] == ["chunk-2", "chunk-1", "chunk-3"]
    assert [p.rank for p in fused] == [1, 2, 3]
    assert fuse_by_rank([[one], [one]], 60)[0].score == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "How?\nWhy?",
        "1. How?\n2) Why?",
        "- How?\n\n- Why?",
        '["How?", "Why?"]',
        '{"q": ["How?", "Why?"]}',
    ],
)
def test_questions_are_read_from_lines_and_json(text: str) -> None:
    assert read_questions(text) == ["How?", "Why?"]


@pytest.mark.parametrize("text", ["5", '{"q": 1}', "[1]"])
def test_other_json_holds_no_questions(text: str) -> None:
    assert read_questions(text) == []


CLEAR = "How many litres does the KX-200 kettle hold?"


async def test_a_clear_question_is_looked_up_once(bench: Any) -> None:
    models = Written()
    answered = await bench.using(models=models).ask(CLEAR)
    assert models.calls == []
    assert (answered["strategy"], answered["queries"] if "queries" in answered else []) == (
        "vanilla",
        [],
    )


async def test_a_vague_question_is_rewritten(bench: Any) -> None:
    models = Written(rewrite="kettle seals damaged by vinegar")
    asking = bench.using(models=models)
    answered = await asking.ask("What about seals?")
    assert answered["strategy"] == "rewrite"
    assert answered["queries"] == ["kettle seals damaged by vinegar"]
    (event,) = asking.said("question.widened")
    assert event["reason"] == "the question is vague"
    assert "Vinegar" in asking.said("passages.retrieved")[-1]["hits"][0]["text"]
    assert answered["usage"].cost_usd == 0.25
    assert models.calls[0].role is Role.CONDENSE


async def test_hyde_searches_for_the_imagined_passage(bench: Any) -> None:
    models = Written(hyde="In operation the appliance reaches 62 dB.")
    found = await bench.using(models=models).search("loudness", strategy="hyde")
    alone = await bench.search("loudness")
    ranks = [next(p.rank for p in each["passages"] if "62 dB" in p.text) for each in (found, alone)]
    assert ranks[0] <= ranks[1]
    assert models.calls[0].role is Role.HYDE
    assert "look_again" in found["timings_ms"]


async def test_several_questions_are_each_looked_up(bench: Any) -> None:
    models = Written(decompose="How many litres does it hold?\nHow loud is it in operation?")
    found = await bench.using(models=models).search(CLEAR, strategy="fusion", top_k=2)
    texts = " ".join(p.text for p in found["passages"])
    assert "1.7 litres" in texts
    assert "62 dB" in texts
    once = await bench.search(CLEAR, top_k=2)
    assert not any("62 dB" in p.text for p in once["passages"])


async def test_without_a_model_auto_looks_once_and_says_nothing(bench: Any) -> None:
    answered = await bench.ask("What about seals?", strategy="auto")
    assert answered["strategy"] == "vanilla"
    assert answered["degraded"] == []


async def test_without_a_model_what_is_asked_for_is_said_to_be_left_out(bench: Any) -> None:
    answered = await bench.ask(CLEAR, strategy="hyde")
    assert answered["degraded"] == ["hyde was left out: no model serves the role hyde"]
    assert not answered["abstained"]


async def test_questions_in_one_are_split_without_a_model(bench: Any) -> None:
    question = "How loud is the KX-200 and how much water does the tank of the BX-40 hold?"
    answered = await bench.ask(question, strategy="fusion")
    assert answered["strategy"] == "fusion"
    assert answered["queries"] == [
        "How loud is the KX-200?",
        "how much water does the tank of the BX-40 hold?",
    ]


@pytest.mark.parametrize(
    "trouble",
    [ProviderError("the model is down"), BudgetExceededError("the money is spent"), ""],
)
async def test_when_the_model_fails_the_first_look_counts(
    bench: Any, trouble: str | Exception
) -> None:
    asking = bench.using(models=Written(hyde=trouble))
    answered = await asking.ask(CLEAR, strategy="hyde")
    why = str(trouble) or "written wrote nothing"
    assert answered["degraded"] == [f"hyde was left out: {why}"]
    assert "1.7 litres" in answered["answer"]


async def test_filters_hold_for_each_look(bench: Any) -> None:
    models = Written(decompose="Wie viel fasst der Wassertank?\nWie reinige ich den Garraum?")
    found = await bench.using(models=models).search(
        CLEAR, strategy="fusion", filters={"source": "kettle*"}
    )
    assert {p.source for p in found["passages"]} == {"kettle.md"}
