"""Searches settings of retrieval on one part of a golden set, and proves them on the other."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evals.errors import DatasetError
from evals.suites.bootstrap import mean_interval
from evals.suites.cases import Case
from graphs.ingest.settings import ChunkSettings
from graphs.query.settings import FusionMethod, QuerySettings, RerankWhen

HELD_OUT: Final = 3
"""Every third case is held out."""
LEAST_CASES: Final = 6
CHUNK_SIZES: Final = (128, 224, 320)
CANDIDATES: Final = (50, 100, 200)
_SEED: Final = 20261125


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What one trial tries; `weights` are the dense branch's shares by language."""

    method: str
    weights: Mapping[str, float]
    rrf_k: int
    candidates: int
    rerank_margin: float
    chunk_tokens: int

    def query(self, base: QuerySettings) -> QuerySettings:
        """Return the settings of a search with these values."""
        fusion = base.fusion.model_copy(
            update={
                "method": FusionMethod(self.method),
                "weights": dict(self.weights),
                "rrf_k": self.rrf_k,
            }
        )
        rerank = base.rerank.model_copy(
            update={"margin": self.rerank_margin, "when": RerankWhen.UNSURE}
        )
        retrieval = base.retrieval.model_copy(update={"candidates": self.candidates})
        return base.model_copy(update={"fusion": fusion, "rerank": rerank, "retrieval": retrieval})

    def document(self) -> dict[str, Any]:
        """Return the part of the configuration file that sets these values."""
        return {
            "ingest": {"chunk": {"max_tokens": self.chunk_tokens}},
            "query": {
                "fusion": {
                    "method": self.method,
                    "rrf_k": self.rrf_k,
                    "weights": {name: round(v, 3) for name, v in self.weights.items()},
                },
                "retrieval": {"candidates": self.candidates},
                "rerank": {"margin": round(self.rerank_margin, 3)},
            },
        }


Evaluate = Callable[[Setting, Sequence[Case]], Awaitable[Mapping[str, float]]]
"""Searches for cases with a setting; returns nDCG@10 by id."""


def current(query: QuerySettings, chunk: ChunkSettings) -> Setting:
    """Return the setting that is in force."""
    return Setting(
        method=query.fusion.method.value,
        weights=dict(query.fusion.weights),
        rrf_k=query.fusion.rrf_k,
        candidates=query.retrieval.candidates,
        rerank_margin=query.rerank.margin,
        chunk_tokens=chunk.max_tokens,
    )


def split(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Part the cases that can be searched for into those to tune on and those held out.

    Raises:
        DatasetError: there are too few.
    """
    placed = [case for case in cases if case.answerable and case.document]
    if len(placed) < LEAST_CASES:
        raise DatasetError(
            f"tuning needs at least {LEAST_CASES} questions with a document; there are "
            f"{len(placed)}"
        )
    held = [case for number, case in enumerate(placed) if number % HELD_OUT == HELD_OUT - 1]
    known = {case.id for case in held}
    return [case for case in placed if case.id not in known], held


async def tune(
    cases: Sequence[Case],
    evaluate: Evaluate,
    *,
    start: Setting,
    trials: int,
    chunk_sizes: Sequence[int] = CHUNK_SIZES,
    progress: Callable[[int], None] = lambda done: None,
) -> dict[str, Any]:
    """Try settings; returns the best one and its proof on the cases that were held out.

    It is recommended only if it is no worse there: a setting that merely fits the questions it
    was chosen on is not.

    Raises:
        DatasetError: there are too few cases.
        ImportError: the extra `tuning` is not installed.
    """
    import optuna  # noqa: PLC0415 - an extra

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    shown, held = split(cases)
    languages = sorted({case.language for case in shown})
    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=_SEED)
    )
    before = _mean(await evaluate(start, shown))
    best, best_score = start, before
    for done in range(trials):
        trial = study.ask()
        setting = _suggest(trial, languages, chunk_sizes)
        score = _mean(await evaluate(setting, shown))
        study.tell(trial, score)
        if score > best_score:
            best, best_score = setting, score
        progress(done + 1)
    proof = await _prove(best, start, held, evaluate)
    return {
        "trials": trials,
        "tuned_on": len(shown),
        "held_out": len(held),
        "before": round(before, 4),
        "after": round(best_score, 4),
        "proof": proof,
        "setting": best.document(),
        "recommended": best is not start and proof["change"] >= 0,
    }


async def _prove(
    best: Setting, start: Setting, held: Sequence[Case], evaluate: Evaluate
) -> dict[str, float]:
    old, new = await evaluate(start, held), await evaluate(best, held)
    change = mean_interval([new[id] - old[id] for id in old])
    return {
        "before": round(_mean(old), 4),
        "after": round(_mean(new), 4),
        "change": round(change.mean, 4),
        "low": round(change.low, 4),
        "high": round(change.high, 4),
    }


def _suggest(trial: Any, languages: Sequence[str], chunk_sizes: Sequence[int]) -> Setting:
    weights = {"default": 0.5} | {
        language: trial.suggest_float(f"weight_{language}", 0.0, 1.0, step=0.05)
        for language in languages
    }
    return Setting(
        method=trial.suggest_categorical("method", [each.value for each in FusionMethod]),
        weights=weights,
        rrf_k=trial.suggest_int("rrf_k", 1, 101, step=10),
        candidates=trial.suggest_categorical("candidates", CANDIDATES),
        rerank_margin=trial.suggest_float("rerank_margin", 0.0, 0.5, step=0.05),
        chunk_tokens=trial.suggest_categorical("chunk_tokens", list(chunk_sizes)),
    )


def _mean(scores: Mapping[str, float]) -> float:
    return sum(scores.values()) / max(len(scores), 1)
