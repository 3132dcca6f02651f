import pytest

from graphs.query.follow_up import leans, stand_alone

NICHE = "How high is the niche for the Calder 40?"
DESCALE = "How often must I descale the boiler of the Tamber Duo?"


@pytest.mark.parametrize(
    ("question", "language", "expected"),
    [
        ("How often?", "en", True),
        ("And with vinegar?", "en", True),
        ("What about the Calder 60?", "en", True),
        ("How do I clean it?", "en", True),
        ("Does it fit the Calder 40?", "en", True),
        ("What does that mean?", "en", True),
        ("Why?", "en", True),
        ("How do I descale the Tamber Duo?", "en", False),
        ("And how do I clean the filter of the Fjell 180?", "en", False),
        ("Is it possible to wash glasses at 45 degrees?", "en", False),
        ("Is distilled water bad for the tank when it is empty?", "en", False),
        ("What does E05 mean?", "en", False),
        ("Und wie lange?", "de", True),
        ("Wie reinige ich ihn?", "de", True),
        ("Was hilft dagegen?", "de", True),
        ("Und beim Marl 60?", "de", True),
        ("Können Sie den Marl 45 an Warmwasser anschließen?", "de", False),
        ("Wie viel Wasser verbraucht der Marl 60 im Sparprogramm?", "de", False),
    ],
)
def test_which_questions_lean_on_the_one_before(
    question: str, language: str, expected: bool
) -> None:
    assert leans(question, language) is expected


@pytest.mark.parametrize(
    ("earlier", "question", "language", "expected"),
    [
        ([NICHE], "And the Calder 60?", "en", "How high is the niche for the Calder 60?"),
        ([NICHE], "And the 60?", "en", "How high is the niche for the Calder 60?"),
        (
            ["Wie laut ist der Marl 45?"],
            "Und beim Marl 60?",
            "de",
            "Wie laut ist der Marl 60?",
        ),
        ([DESCALE], "And with vinegar?", "en", "with vinegar? (descale boiler Tamber Duo)"),
        ([NICHE], "How deep is it?", "en", "How deep is it? (Calder 40 high niche)"),
        (
            [NICHE, "How deep is it?"],
            "And the Calder 60?",
            "en",
            "How deep is it? (Calder 60 high niche)",
        ),
        ([NICHE], "How do I descale the Tamber Duo?", "en", "How do I descale the Tamber Duo?"),
        ([NICHE, DESCALE], "Why?", "en", "Why? (descale boiler Tamber Duo)"),
        ([], "Why?", "en", "Why?"),
        (["Why?"], "How?", "en", "How?"),
    ],
)
def test_questions_are_completed(
    earlier: list[str], question: str, language: str, expected: str
) -> None:
    assert stand_alone(question, earlier, language) == expected


def test_an_unknown_language_is_taken_as_it_comes() -> None:
    assert stand_alone("et pourquoi", ["le four"], "fr").startswith("et pourquoi")
