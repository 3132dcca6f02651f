from typing import Any

import pytest

from evals.errors import DatasetError
from evals.suites.judging import (
    Verdict,
    agreement,
    calibrate,
    cohens_kappa,
    model_judge,
    read_verdict,
)
from evals.support.scoring import PAIRS, load_pairs
from graphs.models import Call, Reply, Role
from prompts.catalogue import Catalogue
from providers.principal import local_principal
from providers.types import Usage


def test_kappa_is_that_of_cohens_example() -> None:
    # 50 proposals, 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: the usual worked example.
    one = [1] * 25 + [0] * 25
    other = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert cohens_kappa(one, other) == pytest.approx(0.4)
    assert agreement(one, other)["kappa"] == 0.4


def test_alpha_is_that_of_krippendorffs_example() -> None:
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section A.
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert agreement(one, other)["alpha"] == pytest.approx(0.095, abs=1e-3)


def test_agreement_over_nothing_or_one_label() -> None:
    with pytest.raises(DatasetError, match="at least one item"):
        agreement([], [])
    assert agreement([1, 1], [1, 1]) == {"kappa": None, "alpha": None}


@pytest.mark.parametrize(
    "text",
    ["", "Sure!", "{", '{"score": 2, "supported": true}', '{"supported": "yes", "score": 1}', "}{"],
)
def test_nonsense_is_no_verdict(text: str) -> None:
    assert read_verdict(text) is None


def test_a_verdict_may_stand_in_prose() -> None:
    found = read_verdict('Here: {"reason": "r", "score": 0.5, "supported": false}.')
    assert found == Verdict(supported=False, score=0.5)


async def test_a_judge_is_calibrated_and_its_nonsense_counted() -> None:
    pairs = load_pairs(PAIRS)[:20]
    labels = {pair.sentence: pair.supported for pair in pairs}

    class Model:
        asked = 0

        async def complete(self, call: Call) -> Reply:
            assert call.role is Role.JUDGE and call.prompt and call.prompt.name == "judge"
            self.asked += 1
            text = call.request.messages[-1].content.split("begin statement")[1]
            right = next(v for k, v in labels.items() if k in text)
            said = f'{{"reason": "r", "score": {int(right)}, "supported": {str(right).lower()}}}'
            return Reply(text="What?" if self.asked % 5 == 0 else said, model="m", usage=Usage())

    models: Any = Model()
    ask = model_judge(models, Catalogue.load().get("judge"), local_principal())
    found = await calibrate(pairs, ask)
    assert (found["pairs"], found["nonsense"], found["accuracy"]) == (20, 4, 1.0)
    assert found["kappa"] == found["alpha"] == 1.0


async def test_a_judge_of_nonsense_alone_is_refused() -> None:
    async def ask(*_: str) -> None:
        return None

    with pytest.raises(DatasetError, match="no verdict that can be read"):
        await calibrate(load_pairs(PAIRS)[:3], ask)
