"""Asks the agent questions about the sample company: its manuals, and its shop."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cli.evaluating import Progress, contents, ingest_into
from cli.files import LocalFile, find_files
from cli.local import LocalBackend
from cli.sampling import load_shop
from cli.scratch import COLLECTION, scratch_container
from evals.routing import QUESTIONS, Got, Routed, RoutingCase, load_routing, report, route_all
from examples.company import sample_manuals
from examples.shop.making import TODAY, sample_shop
from providers.principal import local_principal
from service.agent_schemas import AgentAnswer, AgentRequest
from service.container import Container
from service.settings import Settings
from tools.ask_documents import AskDocuments
from tools.query_database import QueryDatabase

_BY_TOOL: Final[dict[str, Got]] = {
    AskDocuments.definition.name: "documents",
    QueryDatabase.definition.name: "database",
}


async def run_routing(
    settings: Settings, questions: Path | None, index_dir: Path | None, progress: Progress
) -> dict[str, Any]:
    """Route every question of a set over the sample company.

    Raises:
        DatasetError: the questions cannot be read.
    """
    cases = load_routing(questions or QUESTIONS)
    files = manuals_of(settings)
    opened = scratch_container(
        on_the_sample_day(settings), contents(files), ingest_into(files, progress), index_dir
    )
    async with opened as (container, _):
        return report(await routed_in(container, cases, progress))


async def routed_in(
    container: Container, cases: Sequence[RoutingCase], progress: Progress
) -> list[Routed]:
    """Add the shop to a service that has the manuals, and route the questions."""
    if not cases:
        return []
    await load_shop(LocalBackend(container), sample_shop(container.settings.home))

    async def ask(case: RoutingCase) -> Routed:
        request = AgentRequest(question=case.question, collection=COLLECTION)
        answer = await container.agent.answer(local_principal(), request)
        return Routed(
            case=case,
            got=what_came(answer),
            calls=[call.tool for call in answer.calls],
            degraded=answer.degraded,
        )

    return await route_all(cases, ask, lambda done: progress("routing", done, len(cases)))


def what_came(answer: AgentAnswer) -> Got:
    """Tell who answered in the end; of several, the last."""
    if answer.clarify is not None:
        return "clarify"
    return _BY_TOOL[answer.tools[-1]] if answer.tools else "abstain"


def on_the_sample_day(settings: Settings) -> Settings:
    """Let relative times count from the day that the sample is asked on."""
    sql = settings.sql.model_copy(update={"today": settings.sql.today or TODAY})
    return settings.model_copy(update={"sql": sql})


def manuals_of(settings: Settings) -> list[LocalFile]:
    """Return the sample company's manuals."""
    return find_files([str(sample_manuals(settings.home)[0].parent)])
