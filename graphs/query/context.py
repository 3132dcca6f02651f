"""Chooses what fits in front of the chat model."""

from collections.abc import Sequence

from data.database import Database
from graphs.query.conflicts import find_conflicts
from graphs.query.explaining import explain
from graphs.query.repeats import diversify, overlap
from graphs.query.settings import ContextSettings
from graphs.query.state import Decision, Outcome, Passage, QueryState
from graphs.query.steps import Turn
from graphs.query.titles import title_of
from providers.types import GroundingPassage


async def fit_context(
    state: QueryState, turn: Turn, *, database: Database, settings: ContextSettings
) -> QueryState:
    """Keep the best passages that fit the budget and say something new; number them from 1.

    Editions of one document that are kept and give other numbers are conflicts.
    """
    limit = min(turn.context.top_k, settings.max_passages)
    decisions = choose(state["passages"], limit, settings)
    kept = [decision.passage for decision in decisions if decision.outcome is Outcome.KEPT]
    conflicts = await find_conflicts(kept, turn.principal, database)
    update: QueryState = {
        "passages": kept,
        "grounding": [_ground(marker, passage, state) for marker, passage in enumerate(kept, 1)],
        "conflicts": conflicts,
    }
    if turn.context.explain:
        update["explanation"] = await explain(
            decisions,
            state.get("dropped", []),
            conflicts,
            turn,
            database,
            question=state["question"],
            language=state["language"],
        )
    return update


def choose(passages: Sequence[Passage], limit: int, settings: ContextSettings) -> list[Decision]:
    """Decide on each passage, best first: kept, or why not."""
    kept: list[Passage] = []
    decisions: list[Decision] = []
    tokens = 0
    for passage in diversify(passages, settings.diversity):
        twin = next((p for p in kept if overlap(passage, p) >= settings.overlap), None)
        if len(kept) >= limit:
            decision = Decision(passage, Outcome.LIMIT, f"{limit} passages are enough")
        elif twin is not None:
            decision = Decision(passage, Outcome.DUPLICATE, f"repeats passage {twin.rank}")
        elif kept and tokens + passage.chunk.token_count > settings.max_tokens:
            need = f"{passage.chunk.token_count} tokens more than {settings.max_tokens} allow"
            decision = Decision(passage, Outcome.BUDGET, need)
        else:
            decision = Decision(passage, Outcome.KEPT)
            kept.append(passage)
            tokens += passage.chunk.token_count
        decisions.append(decision)
    return decisions


def _ground(marker: int, passage: Passage, state: QueryState) -> GroundingPassage:
    return GroundingPassage(
        marker=marker,
        text=state.get("cleaned", {}).get(passage.chunk_id, passage.text),
        score=passage.score,
        title=title_of(passage),
        language=passage.chunk.language or state["language"],
    )
