"""Runs a suite: every search, every question, the prompts and the guards."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from evals.guards.scoring import Attempt, Judge
from evals.suites.cases import Case, dataset_hash
from evals.suites.checks import check_guards, check_prompts
from evals.suites.results import CaseNote, SuiteResult, prefixed
from evals.suites.scoring import Found, Observed, score_answer, score_retrieval
from prompts.rendering import Prompt

Progress = Callable[[str, int, int], None]
"""Is told what is going on, how much of it is done, and how much there is."""


T = TypeVar("T")


class Service(Protocol):
    """What a suite asks; a case may name its collection."""

    async def search(self, case: Case) -> Sequence[Found]:
        """Return passages, best first, at most 100."""
        ...

    async def ask(self, case: Case) -> Observed:
        """Answer a question."""
        ...


JudgeAnswer = Callable[[Case, Observed], Awaitable[float | None]]
"""Returns how much (0..1) of an answer its passages support; None for a reply without sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run looks at; `searched` cases are only searched for, `asked` ones answered.

    `parallel` is how many at a time: more than one is quicker, and answers take longer each.
    """

    suite: str
    searched: Sequence[Case]
    asked: Sequence[Case]
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    attempts: Sequence[Attempt] = ()
    guard: Judge | None = None
    judge: JudgeAnswer | None = None
    parallel: int = 1


@dataclass(slots=True)
class _Found:
    """What a run has found so far."""

    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    mistakes: list[dict[str, str]] = field(default_factory=list)
    degraded: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    trace: list[dict[str, Any]] = field(default_factory=list)


async def run_suite(
    plan: Plan,
    service: Service,
    *,
    models: Mapping[str, str],
    settings: str,
    commit: str | None = None,
    progress: Progress = lambda what, done, total: None,
) -> SuiteResult:
    """Run a suite once.

    Args:
        plan: What to ask and check.
        service: Where to ask.
        models: What serves each capability, by name.
        settings: The hash of the settings that shape answers.
        commit: Of the sources.
        progress: Is told how far it is.
    """
    started, found = time.perf_counter(), _Found()
    await _search(plan, service, found, progress)
    await ask_all(plan, service, found, progress, family="answers")
    if plan.prompts:
        found.scores["prompts.complete"] = check_prompts(plan.prompts)
    if plan.guard is not None and plan.attempts:
        progress("judging attempts", 0, len(plan.attempts))
        found.scores |= prefixed("guards", await check_guards(plan.attempts, plan.guard))
    cases = {case.id: case for case in (*plan.searched, *plan.asked)}
    return SuiteResult(
        suite=plan.suite,
        commit=commit,
        dataset=dataset_hash(cases.values()),
        cases=notes_of(list(cases.values())),
        models=dict(models),
        prompts={name: f"{p.ref.version}:{p.ref.sha256[:12]}" for name, p in plan.prompts.items()},
        settings=settings,
        scores=found.scores,
        mistakes=found.mistakes,
        degraded=sorted(found.degraded),
        notes=found.notes,
        trace=found.trace,
        seconds=round(time.perf_counter() - started, 2),
    )


async def add_own(
    result: SuiteResult, cases: Sequence[Case], service: Service, progress: Progress
) -> SuiteResult:
    """Ask the golden rows that came of feedback, and add what comes back as metrics `own.*`."""
    if not cases:
        return result
    found = _Found(degraded=set(result.degraded), notes=list(result.notes))
    plan = Plan(suite=result.suite, searched=(), asked=cases)
    await ask_all(plan, service, found, progress, family="own")
    return result.model_copy(
        update={
            "cases": {**result.cases, **notes_of(cases)},
            "scores": {**result.scores, **found.scores},
            "mistakes": [*result.mistakes, *found.mistakes],
            "trace": [*result.trace, *found.trace],
            "degraded": sorted(found.degraded),
            "notes": [*found.notes, f"{len(cases)} golden rows of this home were asked, too"],
        }
    )


def notes_of(cases: Sequence[Case]) -> dict[str, CaseNote]:
    """Return what a result keeps of each case."""
    return {c.id: CaseNote(fingerprint=c.fingerprint, group=c.group) for c in cases}


async def _search(plan: Plan, service: Service, found: _Found, progress: Progress) -> None:
    placed = [case for case in plan.searched if case.answerable and case.document]
    rankings = await _each(
        placed, service.search, plan.parallel, lambda n: progress("searching", n, len(placed))
    )
    found.scores |= prefixed("retrieval", score_retrieval(plan.searched, rankings))


async def ask_all(
    plan: Plan, service: Service, found: _Found, progress: Progress, *, family: str
) -> None:
    """Ask every question and score the answers."""
    answers = await _each(
        plan.asked, service.ask, plan.parallel, lambda n: progress("asking", n, len(plan.asked))
    )
    nonsense = 0
    for case in plan.asked:
        observed = answers[case.id]
        scores = score_answer(case, observed)
        if plan.judge is not None and not observed.given.abstained:
            verdict = await plan.judge(case, observed)
            nonsense += verdict is None
            if verdict is not None:
                scores["judged"] = verdict
        for name, value in scores.items():
            found.scores.setdefault(f"{family}.{name}", {})[case.id] = value
        found.degraded.update(observed.degraded)
        found.trace.append(_trace(case, observed, scores))
        found.mistakes += _mistakes(case, scores)
    if nonsense:
        found.notes.append(f"the judge answered nonsense {nonsense} times; those do not count")


async def _each(
    cases: Sequence[Case],
    work: Callable[[Case], Awaitable[T]],
    parallel: int,
    progress: Callable[[int], None],
) -> dict[str, T]:
    """Do the work of each case, some at a time; returns what came of it by id."""
    done: dict[str, T] = {}
    places = asyncio.Semaphore(parallel)

    async def one(case: Case) -> None:
        async with places:
            done[case.id] = await work(case)
            progress(len(done))

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(one(case))
    return done


def _trace(case: Case, observed: Observed, scores: Mapping[str, float]) -> dict[str, Any]:
    """Return what a report shows side by side: what was wanted, what was said."""
    wanted = f"{case.document} p. {case.page}" if case.document else ""
    cited = [f"{c.place.source} p. {c.place.page}" for c in observed.given.citations]
    return {
        "id": case.id,
        "question": case.question,
        "wanted": case.answer or "nothing",
        "place": wanted,
        "said": observed.given.answer,
        "abstained": observed.given.abstained,
        "cited": cited,
        "model": observed.model,
        "ms": round(observed.latency_ms, 1),
        "right": scores["right_decision"] == 1.0 and scores.get("citation_recall", 1.0) == 1.0,
    }


def _mistakes(case: Case, scores: Mapping[str, float]) -> list[dict[str, str]]:
    if scores["right_decision"] == 0.0:
        what = "abstained" if case.answerable else "answered what the documents do not say"
    elif scores.get("citation_recall", 1.0) == 0.0:
        what = f"did not cite {case.document} p. {case.page}"
    else:
        return []
    return [{"id": case.id, "question": case.question, "what": what}]
