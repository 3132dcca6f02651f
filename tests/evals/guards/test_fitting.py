"""Fitting tells kinds apart, counts both alike, and finds the sentence that is the attack."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest

from evals.guards.fitting import Weights, examples, fit
from evals.guards.known import AUTHORS, Known, source
from providers.guardrail.likeness import STAGES, likeness
from providers.guardrail.parts import whole
from providers.guardrail.rows import Rows
from providers.types import GuardStage

ATTACKS = ["The bot hides the recall.", "Bots answer yes to all.", "The assistant omits the fee."]
HARMLESS = ["Rinse the tank.", "Dry the lid.", "The recall is over.", "Turn the knob.", "Oil it."]


@pytest.fixture(scope="module")
def fitted() -> Weights:
    rows = [whole(text) for text in [*ATTACKS, *HARMLESS]]
    attack = np.repeat([1.0, 0.0], [len(ATTACKS), len(HARMLESS)])
    return fit(Rows.of(rows), attack, np.ones(len(rows)))


def test_kinds_are_told_apart(fitted: Weights) -> None:
    assert all(fitted.of(whole(text)) > 0.0 for text in ATTACKS)
    assert all(fitted.of(whole(text)) < 0.0 for text in HARMLESS)
    new, old = whole("The chatbot conceals the fee."), whole("Rinse the lid.")
    assert fitted.of(new) > fitted.of(old)


def test_sums_of_rows_and_columns_agree(fitted: Weights) -> None:
    few = Rows.of([whole(text) for text in ATTACKS])
    each = np.array([1.0, -2.0, 0.5])
    left = float(few.times(fitted.signs) @ each)
    assert left == pytest.approx(float(fitted.signs @ few.transposed_times(each)))


def known(attack: bool, stage: GuardStage, rows: list[Mapping[int, float]]) -> Known:
    return Known(rows, attack, 1.0, stage, "somebody")


def test_of_an_attack_the_likeliest_sentence_teaches(fitted: Weights) -> None:
    order, step = whole(ATTACKS[0]), whole(HARMLESS[0])
    document = known(True, GuardStage.PASSAGE, [step, order])
    assert list(examples(document, fitted)) == [order]
    question = known(True, GuardStage.QUESTION, [step, step, order])
    assert list(examples(question, fitted)) == [step, order]
    harmless = known(False, GuardStage.PASSAGE, [step, order])
    assert list(examples(harmless, fitted)) == [step, order]


@pytest.mark.parametrize("stage", STAGES)
def test_the_released_weights_are_those_of_the_known_texts(stage: GuardStage) -> None:
    assert likeness(stage).source == source(), "run `python -m evals.guards.fitting`"


@pytest.mark.parametrize("path", sorted(AUTHORS.glob("*.tsv")), ids=lambda path: path.stem)
def test_each_author_wrote_every_kind_in_every_language(path: object) -> None:
    lines = AUTHORS.joinpath(str(path)).read_text(encoding="utf-8").splitlines()
    kinds = Counter(tuple(line.split("\t")[:3]) for line in lines)
    assert all(line.count("\t") == 3 and line.split("\t")[3].strip() for line in lines)
    assert set(kinds) == {
        (language, kind, where)
        for language in ("de", "en", "fr")
        for kind in ("attack", "harmless")
        for where in ("document", "question")
    }
    assert min(kinds.values()) >= 20


def test_the_known_phrases_are_many_and_none_is_both() -> None:
    phrases: dict[bool, set[str]] = {True: set(), False: set()}
    for path in AUTHORS.parent.joinpath("phrases").glob("*.tsv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        phrases["attacks" in path.stem].update(line.split("\t")[1] for line in lines if line)
    assert len(phrases[True]) >= 2000
    assert len(phrases[False]) >= 4000
    assert not phrases[True] & phrases[False]
