from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from evals.errors import DatasetError
from evals.suites.cases import Case
from evals.suites.tuning import Setting, current, split, tune
from graphs.ingest.settings import ChunkSettings
from graphs.query.settings import QuerySettings

START = current(QuerySettings(), ChunkSettings())


def cases(number: int) -> list[Case]:
    given: dict[str, Any] = {"question": "q", "answer": "a", "document": "a.pdf", "page": 1}
    return [Case(id=str(n), **given) for n in range(number)]


def test_a_third_is_held_out_and_never_tuned_on() -> None:
    shown, held = split(cases(12))
    assert [case.id for case in held] == ["2", "5", "8", "11"]
    assert not {case.id for case in shown} & {case.id for case in held}
    with pytest.raises(DatasetError, match="at least 6 questions"):
        split(cases(5))


def test_a_setting_becomes_settings_and_a_part_of_the_file() -> None:
    query = START.query(QuerySettings())
    assert query.fusion.weights == {"default": 0.5}
    assert START.document()["ingest"] == {"chunk": {"max_tokens": 224}}


async def test_the_better_weight_is_found_and_proved() -> None:
    async def evaluate(setting: Setting, asked: Sequence[Case]) -> Mapping[str, float]:
        weight = setting.weights.get("en", 0.5)
        return {case.id: 1 - abs(weight - 0.8) for case in asked}

    found = await tune(cases(12), evaluate, start=START, trials=25)
    assert found["after"] > found["before"] == 0.7
    assert found["proof"]["change"] > 0.1
    assert found["recommended"]
    assert found["setting"]["query"]["fusion"]["weights"]["en"] == pytest.approx(0.8, abs=0.15)
    assert (found["tuned_on"], found["held_out"]) == (8, 4)


async def test_what_only_fits_the_questions_it_was_chosen_on_is_not_recommended() -> None:
    async def evaluate(setting: Setting, asked: Sequence[Case]) -> Mapping[str, float]:
        tuned = setting is not START
        return {c.id: 0.5 + tuned * (-0.1 if int(c.id) % 3 == 2 else 0.1) for c in asked}

    found = await tune(cases(12), evaluate, start=START, trials=3)
    assert found["after"] > found["before"]
    assert not found["recommended"]
