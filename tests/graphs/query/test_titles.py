import pytest

from graphs.query.titles import MAX_TITLE_CHARS, title_of_question


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How often must I descale?", "How often must I descale?"),
        ("  How\n often? ", "How often?"),
        (
            "What does the E4 code mean? I read the manual twice.",
            "What does the E4 code mean?",
        ),
        ("Hello. Which oil fits the KX-200?", "Hello. Which oil fits the KX-200?"),
    ],
)
def test_the_first_sentence_is_the_title(question: str, title: str) -> None:
    assert title_of_question(question) == title


def test_a_long_question_is_cut_at_a_word() -> None:
    title = title_of_question("How do I clean the filter, " + "and then the other filter " * 10)
    assert len(title) <= MAX_TITLE_CHARS
    assert title.endswith("filter and…") or title.endswith("the other…") or title[-2].isalpha()
    assert title.removesuffix("…").split()[-1] in {"and", "then", "the", "other", "filter"}


def test_a_text_without_spaces_is_cut_where_it_must_be() -> None:
    title = title_of_question("水" * 200)
    assert len(title) == MAX_TITLE_CHARS
