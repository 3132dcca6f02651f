"""A row of spelling has length 1, and what is spelled alike is near."""

from math import isclose

from providers.guardrail.spelling import WIDTH, spelling


def near(first: str, second: str) -> float:
    row, other = spelling(first), spelling(second)
    return sum(value * other.get(column, 0.0) for column, value in row.items())


def test_rows_have_length_one_and_fit() -> None:
    row = spelling("rinse the filter, then dry it!")
    assert isclose(sum(value * value for value in row.values()), 1.0)
    assert all(0 <= column < WIDTH for column in row)


def test_endings_are_nearer_than_other_words() -> None:
    assert near("antworten", "antwortest") > 2 * abs(near("antworten", "kochtopf"))


def test_order_and_marks_count() -> None:
    assert near("the bot says it", "the bot says it") > near("the bot says it", "it says the bot")
    assert near("say it", "say it") > near("say it", "say it?")


def test_the_empty_text_is_only_its_borders() -> None:
    assert len(spelling("")) == 1
