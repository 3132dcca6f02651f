"""Runs suites over the sample company, or other documents, in a scratch home."""

import hashlib
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from cli.backend import Backend
from cli.evaluating import Progress, contents, ingest_into
from cli.files import LocalFile
from cli.local import LocalBackend
from cli.problems import Problem, ProblemError
from cli.questioning import cited
from cli.routing import on_the_sample_day, routed_in
from cli.scratch import COLLECTION, scratch_container
from evals.guards.scoring import DEVELOPMENT, Judge, judge_with, load_attempts
from evals.qa import Given
from evals.routing import Routed, RoutingCase, report, scores_of
from evals.suites.cases import Case, spread
from evals.suites.checks import active_prompts
from evals.suites.judging import model_judge
from evals.suites.results import CaseNote, SuiteResult
from evals.suites.running import JudgeAnswer, Plan, run_suite
from evals.suites.scoring import DEPTH, Found, Observed
from graphs.models import Role
from providers.principal import local_principal
from providers.types import GuardStage
from service.container import Container
from service.prompting import catalogue_of
from service.schemas import AskRequest, SearchMode, SearchRequest
from service.settings import PluginSettings, Settings

SuiteName = Literal["quick", "full"]
QUICK_QUESTIONS: Final = 10
_AT_A_TIME: Final = 2
"""Questions that the quick suite asks at a time; the full one also measures how long it takes."""
_SHAPING: Final = ("ingest", "query", "guards", "embedder", "sparse_encoder", "reranker", "parser")


@dataclass(slots=True, kw_only=True)
class BackendService:
    """Asks a backend; `collection` is where cases are asked that name none."""

    backend: Backend
    collection: str = COLLECTION

    async def search(self, case: Case) -> Sequence[Found]:
        """Return passages, best first."""
        request = SearchRequest(
            query=case.question,
            collection=case.collection or self.collection,
            k=DEPTH,
            mode=SearchMode.HYBRID,
        )
        found = await self.backend.search(request)
        return [Found(source=hit.source, page=hit.page) for hit in found.hits]

    async def ask(self, case: Case) -> Observed:
        """Answer a question; earlier answers are not used.

        Raises:
            ProblemError: the service could not answer.
        """
        request = AskRequest(
            question=case.question, collection=case.collection or self.collection, cache=False
        )
        passages: dict[str, str] = {}
        answer: dict[str, Any] = {}
        started = time.perf_counter()
        async for event in self.backend.ask(request):
            if event.type == "passages.retrieved":
                passages |= {hit["chunk_id"]: hit["text"] for hit in event.data["hits"]}
            elif event.type == "error":
                raise ProblemError(Problem.model_validate(event.data))
            elif event.type == "run.finished":
                answer = event.data
        given = Given(
            answer=answer["answer"],
            abstained=answer["abstained"],
            citations=[cited(citation) for citation in answer["citations"]],
            passages=passages,
        )
        return Observed(
            given=given,
            latency_ms=(time.perf_counter() - started) * 1000,
            cost_usd=answer["usage"]["cost_usd"],
            model=answer["usage"]["model"],
            degraded=answer["degraded"],
        )


async def run_sample_suite(
    settings: Settings,
    suite: SuiteName,
    files: Sequence[LocalFile],
    cases: Sequence[Case],
    *,
    index_dir: Path | None,
    progress: Progress,
    routing: Sequence[RoutingCase] = (),
) -> SuiteResult:
    """Ingest documents into a scratch home and run a suite over them.

    `routing` are questions to the agent, about these documents and the sample company's shop.
    """
    asked = spread(cases, QUICK_QUESTIONS) if suite == "quick" else cases
    opened = scratch_container(
        on_the_sample_day(settings), contents(files), ingest_into(files, progress), index_dir
    )
    async with opened as (container, built):
        failures: set[str] = set()
        plan = Plan(
            suite=suite,
            searched=cases,
            asked=asked,
            prompts=active_prompts(catalogue_of(settings.prompts)),
            attempts=load_attempts(DEVELOPMENT),
            guard=guard_judge(container, failures),
            judge=answer_judge(container),
            parallel=_AT_A_TIME if suite == "quick" else 1,
        )
        result = await run_suite(
            plan,
            BackendService(backend=LocalBackend(container)),
            models=models_of(settings),
            settings=settings_hash(settings),
            commit=commit_of(Path(__file__).parent),
            progress=progress,
        )
        result = with_routing(result, await routed_in(container, routing, progress))
    left_out = [f"left out: {each['source']}: {each['why']}" for each in built["left_out"]]
    return result.model_copy(
        update={
            "degraded": sorted({*result.degraded, *failures}),
            "notes": [*result.notes, *left_out],
        }
    )


def with_routing(result: SuiteResult, routed: Sequence[Routed]) -> SuiteResult:
    """Add how questions to the agent were routed; without any the result stays as it is."""
    if not routed:
        return result
    notes = {
        f"routing/{one.case.id}": CaseNote(
            fingerprint=one.case.fingerprint, group=f"routing: {one.case.expected}"
        )
        for one in routed
    }
    found = report(routed)
    return result.model_copy(
        update={
            "cases": {**result.cases, **notes},
            "scores": {**result.scores, **scores_of(routed)},
            "mistakes": [*result.mistakes, *found["mistakes"]],
            "degraded": sorted({*result.degraded, *found["degraded"]}),
        }
    )


def guard_judge(container: Container, failures: set[str]) -> Judge | None:
    """Return who judges attempts as the service would; None when guards are off."""
    settings = container.settings.guards
    if not settings.enabled:
        return None
    rails = {
        stage: {name: container.providers.guardrails[name] for name in settings.names(stage)}
        for stage in (GuardStage.QUESTION, GuardStage.PASSAGE)
    }
    return judge_with(settings, rails, failures)


def answer_judge(container: Container) -> JudgeAnswer | None:
    """Return a model that judges answers; None when none serves the role `judge`."""
    if not container.gateway.serves(Role.JUDGE):
        return None
    ask = model_judge(
        container.gateway, catalogue_of(container.settings.prompts).get("judge"), local_principal()
    )

    async def judged(case: Case, observed: Observed) -> float | None:
        passages = "\n\n".join(observed.given.passages.values())
        verdict = await ask(case.question, passages, observed.given.answer)
        return None if verdict is None else verdict.score

    return judged


def models_of(settings: Settings) -> dict[str, str]:
    """Name what finds passages and what writes and judges answers."""
    found = {
        "embedder": _named(settings.embedder),
        "chat_model": _named(settings.chat_model),
    }
    for role in (Role.SYNTHESIZE, Role.JUDGE):
        if role in settings.roles:
            models = [_named(settings.models[name]) for name in settings.roles[role].models]
            found["chat_model" if role is Role.SYNTHESIZE else role.value] = "+".join(models)
    return found


def _named(plugin: Any) -> str:
    if isinstance(plugin, PluginSettings) and not plugin.enabled:
        return "off"
    return str(plugin.options.get("model") or plugin.plugin)


def settings_hash(settings: Settings) -> str:
    """Name the settings that shape answers."""
    digest = hashlib.sha256()
    for name in _SHAPING:
        digest.update(getattr(settings, name).model_dump_json().encode())
    return digest.hexdigest()[:16]


def commit_of(folder: Path) -> str | None:
    """Return the commit of the sources; None outside a repository."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - the developer's own git
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def result_path(home: Path, result: SuiteResult) -> Path:
    """Return where a result of this home is kept."""
    return results_folder(home) / f"{result.suite}-{_stamp(result.created_at)}.json"


def results_folder(home: Path) -> Path:
    """Return where the results of a home are."""
    return home / "evals" / "results"


def for_the_record(result: SuiteResult) -> SuiteResult:
    """Return what is committed of a result: figures, no texts."""
    return result.model_copy(update={"trace": [], "mistakes": []})


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S")
