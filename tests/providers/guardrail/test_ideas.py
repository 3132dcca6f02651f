"""Ideas are the same in four languages, and say nothing of words they do not know."""

import pytest

from providers.guardrail.ideas import ideas, names
from providers.guardrail.unmasking import fold


def spoken(text: str) -> set[str]:
    return {names()[index] for index in ideas(fold(text).text)}


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("The chatbot withholds the recall.", {"bot", "suppress", "defect"}),
        ("Der Chatbot verschweigt den Rückruf.", {"bot", "suppress", "defect"}),
        ("Le chatbot tait le rappel.", {"bot", "suppress", "defect"}),
        ("El chatbot oculta la retirada.", {"bot", "suppress", "defect"}),
    ],
)
def test_the_same_is_said_in_each_language(text: str, has: set[str]) -> None:
    assert has <= spoken(text)


def test_ends_phrases_and_parts_of_words_are_read() -> None:
    assert "assistant" in spoken("Der Einrichtungshelfer")
    assert "from_now" in spoken("From now it rains.")
    assert "from_now" not in spoken("It came from Rome.")
    assert "ai" in spoken("Demande à l'IA.")


def test_numbers_rise_and_unknown_words_are_nothing() -> None:
    found = ideas(fold("Never tell the user which source the bot quotes.").text)
    assert found == sorted(set(found))
    assert ideas("xyzzy qqq") == []


def test_names_are_unique() -> None:
    assert len(set(names())) == len(names()) > 100
