"""Puts the guards into the answer graph."""

from functools import partial

from data.database import Database
from graphs.query.guarding.inspecting import Guards
from graphs.query.guarding.off_topic import Topics
from graphs.query.guarding.passages import PassageGuard
from graphs.query.guarding.question import guard_meaning, guard_question, unless_refused
from graphs.query.settings import QuerySettings, Strategy
from graphs.query.state import QueryState
from graphs.query.steps import Step, Steps
from providers.protocols import Embedder

_NOTHING_FOUND: QueryState = {
    "passages": [],
    "doubtful": False,
    "degraded": [],
    "strategy": Strategy.VANILLA,
}


def with_guards(
    nodes: dict[str, Steps],
    guards: Guards,
    embedder: Embedder | None,
    database: Database,
    settings: QuerySettings,
) -> dict[str, Steps]:
    """Return the nodes with the guards' steps among theirs.

    Guardrails look at the question before anything is searched for; whether it is off topic
    waits for the vector that the search makes anyway. Passages are looked at before they are
    chosen, so that the next best takes the place of one that is dropped.
    """
    question = partial(
        guard_question, guards=guards, database=database, languages=settings.languages
    )
    topics = Topics(embedder, guards.settings.off_topic)
    passages: Step = PassageGuard(guards, most=2 * settings.context.max_passages)
    first = dict(nodes["retrieve"])
    searched = {
        name: unless_refused(step, _NOTHING_FOUND if name == "retrieve" else {})
        for name, step in first.items()
    }
    entrance: dict[str, Step] = {
        "guard_input": searched.pop("guard_input"),
        "guard_question": question,
    }
    return {
        **nodes,
        "retrieve": {**entrance, **searched},
        "fit_context": {
            "guard_meaning": partial(guard_meaning, guards=guards, topics=topics),
            "guard_passages": passages,
            **nodes["fit_context"],
        },
    }
