"""A model as judge of answers, and how far its verdicts agree with people's.

The rubric is the prompt `judge`: a reason first, then a score and a verdict. It is calibrated
on labelled pairs (`cicerone eval judge`): a judge whose kappa is low should not gate anything.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evals.errors import DatasetError
from evals.support.scoring import Pair
from graphs.models import Call, Models, Role
from prompts.rendering import Prompt
from providers.errors import ProviderError
from providers.principal import Principal
from providers.types import ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the judge says of a statement; `score` lies in 0..1."""

    supported: bool
    score: float


Ask = Callable[[str, str, str], Awaitable[Verdict | None]]
"""Judges a statement: question, passages, statement; None for a reply without sense."""


def read_verdict(text: str) -> Verdict | None:
    """Read a judge's reply; None when it is not what the rubric asks for."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        found = json.loads(text[start : end + 1])
    except json.JSONDecodeError:
        return None
    supported, score = found.get("supported"), found.get("score")
    if not isinstance(supported, bool) or isinstance(score, bool):
        return None
    if not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    return Verdict(supported=supported, score=float(score))


def model_judge(models: Models, prompt: Prompt, principal: Principal) -> Ask:
    """Return a judge that asks the model for the role `judge`."""

    async def ask(question: str, passages: str, statement: str) -> Verdict | None:
        rendered = prompt.render(
            {"question": question, "passages": passages, "statement": statement}
        )
        request = ChatRequest(
            messages=rendered.messages,
            max_output_tokens=rendered.max_output_tokens,
            temperature=rendered.temperature,
        )
        call = Call(principal=principal, role=Role.JUDGE, request=request, prompt=rendered.ref)
        try:
            return read_verdict((await models.complete(call)).text)
        except ProviderError:
            return None  # counted as nonsense: the run goes on and says how often

    return ask


async def calibrate(
    pairs: Sequence[Pair],
    ask: Ask,
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Let the judge judge labelled pairs; returns accuracy and its agreement with the labels.

    Raises:
        DatasetError: there are no pairs, or the judge answered nonsense to all of them.
    """
    wanted: list[int] = []
    said: list[int] = []
    for done, pair in enumerate(pairs, 1):
        verdict = await ask("", pair.passage, pair.sentence)
        if verdict is not None:
            wanted.append(int(pair.supported))
            said.append(int(verdict.supported))
        progress(done)
    if not said:
        raise DatasetError(f"the judge gave no verdict that can be read on {len(pairs)} pairs")
    right = sum(a == b for a, b in zip(wanted, said, strict=True))
    return {
        "pairs": len(pairs),
        "nonsense": len(pairs) - len(said),
        "accuracy": round(right / len(said), 4),
        **agreement(wanted, said),
    }


def agreement(one: Sequence[int], other: Sequence[int]) -> dict[str, float | None]:
    """Return Cohen's kappa and Krippendorff's alpha of two raters' labels.

    None when all labels are the same: agreement beyond chance says nothing then.

    Raises:
        DatasetError: there is nothing to compare, or the raters judged different numbers.
    """
    if not one or len(one) != len(other):
        raise DatasetError("agreement needs two verdicts on each of at least one item")
    if len({*one, *other}) == 1:
        return {"kappa": None, "alpha": None}
    import krippendorff  # noqa: PLC0415 - only a calibration needs it

    ratings = np.asarray([one, other], dtype=float)
    alpha = krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal")
    return {"kappa": round(cohens_kappa(one, other), 4), "alpha": round(float(alpha), 4)}


def cohens_kappa(one: Sequence[int], other: Sequence[int]) -> float:
    """Return Cohen's kappa (1960): agreement of two raters beyond that of chance."""
    first, second = np.asarray(one), np.asarray(other)
    observed = float(np.mean(first == second))
    labels = np.union1d(first, second)
    chance = sum(float(np.mean(first == label) * np.mean(second == label)) for label in labels)
    return 1.0 if chance == 1.0 else (observed - chance) / (1 - chance)
