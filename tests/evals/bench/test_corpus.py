"""Made-up manuals and questions."""

from evals.bench.corpus import make_manuals, make_questions


def test_the_same_seed_gives_the_same_words() -> None:
    assert make_manuals(2, seed=3) == make_manuals(2, seed=3)
    assert make_questions(5, seed=3) == make_questions(5, seed=3)


def test_other_seeds_give_other_manuals_under_other_names() -> None:
    names = [manual.name for seed in (1, 2) for manual in make_manuals(3, seed=seed)]
    assert len(set(names)) == 6
    assert make_manuals(1, seed=1)[0].text != make_manuals(1, seed=2)[0].text


def test_a_manual_has_a_title_and_sections() -> None:
    (manual,) = make_manuals(1, sections=4)
    assert manual.text.startswith("# Model ")
    assert manual.text.count("\n## ") == 4
    words = len(manual.text.split()) / 4
    assert 60 <= words <= 130
    assert "{" not in manual.text


def test_questions_are_all_different() -> None:
    questions = make_questions(200)
    assert len(set(questions)) == 200
    assert all(question.endswith("?") for question in questions)
