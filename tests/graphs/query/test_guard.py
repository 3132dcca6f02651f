from typing import Any

import pytest

from graphs.errors import QuestionEmptyError, QuestionTooLongError
from graphs.query.guard import clean, guard_input
from graphs.query.settings import QuerySettings
from graphs.query.steps import Turn

SETTINGS = QuerySettings(max_question_chars=50)


@pytest.mark.parametrize("question", ["", "   ", "\u200b\u202e", "?!", "\x00"])
async def test_nothing_to_search_for_is_refused(question: str, turn: Turn) -> None:
    with pytest.raises(QuestionEmptyError):
        await guard_input({"question": question}, turn, settings=SETTINGS)


async def test_a_missing_question_is_empty(turn: Turn) -> None:
    with pytest.raises(QuestionEmptyError):
        await guard_input({}, turn, settings=SETTINGS)


async def test_too_long_says_the_limit(turn: Turn) -> None:
    with pytest.raises(QuestionTooLongError, match="at most 50"):
        await guard_input({"question": "a" * 51}, turn, settings=SETTINGS)


async def test_hidden_characters_are_removed_and_said(
    turn: Turn, events: list[dict[str, Any]]
) -> None:
    question = "How\u202e hot\x00 is\u200b it?"
    found = await guard_input({"question": question}, turn, settings=SETTINGS)
    assert found["question"] == "How hot is it?"
    assert [(event["type"], event["action"]) for event in events] == [("guard.flagged", "cleaned")]


async def test_an_ordinary_question_is_left_alone(turn: Turn, events: list[dict[str, Any]]) -> None:
    question = "Wie heiß wird\nder Ofen? 🙂"
    found = await guard_input({"question": question}, turn, settings=SETTINGS)
    assert found == {"question": question, "language": "de"}
    assert events == []


async def test_white_space_around_is_not_worth_a_word(
    turn: Turn, events: list[dict[str, Any]]
) -> None:
    found = await guard_input({"question": "  Why? \n"}, turn, settings=SETTINGS)
    assert found["question"] == "Why?"
    assert events == []


def test_composed_form() -> None:
    assert clean("Fu\u0308lle") == "Fülle"
