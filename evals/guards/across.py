"""Judges the texts of each author by what others taught: `python -m evals.guards.across`.

The authors are split into folds; the weights are fitted without those of a fold, and the guards,
rules and similarity together as a service has them, judge that fold's texts.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from evals.guards.fitting import fit_stage
from evals.guards.known import Known, authors, known, texts_of
from evals.guards.scoring import Attempt, Judged, judge_with, rates
from graphs.query.guarding.settings import GuardSettings
from providers.guardrail.likeness import STAGES
from providers.guardrail.rules import RulesConfig, RulesGuardrail
from providers.guardrail.similarity import SimilarityConfig, SimilarityGuardrail
from providers.protocols import Guardrail

FOLDS: Final = 4


async def judge_across(names: Sequence[str], texts: Sequence[Known]) -> dict[str, list[Judged]]:
    """Judge all texts of all authors; returns what was said of each author's."""
    found: dict[str, list[Judged]] = {}
    for fold in (names[start::FOLDS] for start in range(FOLDS)):
        fitted = {stage: fit_stage(stage, texts, without=fold) for stage in STAGES}
        rails: dict[str, Guardrail] = {
            "rules": RulesGuardrail(RulesConfig()),
            "similarity": SimilarityGuardrail(SimilarityConfig(), fitted.__getitem__),
        }
        judge = judge_with(GuardSettings(), dict.fromkeys(STAGES, rails), set())
        for name in fold:
            found[name] = [await judge(attempt) for attempt in attempts(name)]
    return found


def attempts(author: str) -> list[Attempt]:
    """Return the texts of an author as attempts."""
    names = ("language", "kind", "where", "text")
    return [
        Attempt.model_validate({"id": f"{author}{number}", **dict(zip(names, fields, strict=True))})
        for number, fields in enumerate(texts_of(author))
    ]


def summary(judged: dict[str, list[Judged]]) -> dict[str, Any]:
    """Return the rates of each author, and of all, by place."""
    everybody = [one for found in judged.values() for one in found]
    return {
        name: {
            where: rates([one for one in found if one.attempt.where == where])
            for where in ("question", "document")
        }
        | {"all": rates(found)}
        for name, found in [*sorted(judged.items()), ("all", everybody)]
    }


def main() -> None:
    """Print the rates as JSON."""
    judged = asyncio.run(judge_across(authors(), known()))
    json.dump(summary(judged), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
