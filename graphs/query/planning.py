"""Chooses how to look again, and makes the queries for it."""

import json
from dataclasses import dataclass

from graphs.models import Call, Models, Role
from graphs.query.doubt import is_unsure, is_vague, parts_of
from graphs.query.instructions import instruct
from graphs.query.settings import Strategy, StrategySettings
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from prompts.catalogue import Catalogue
from providers.errors import ProviderError
from providers.types import Usage

_ROLES = {
    Strategy.REWRITE: Role.CONDENSE,
    Strategy.FUSION: Role.CONDENSE,
    Strategy.HYDE: Role.HYDE,
}
_PROMPTS = {
    Strategy.REWRITE: "rewrite",
    Strategy.FUSION: "decompose",
    Strategy.HYDE: "hyde",
}
_LEAST_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How to look again, and why; `degraded` says what was asked for and cannot be done."""

    strategy: Strategy
    reason: str = ""
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The queries beside the question itself; a hypothetical passage is one too."""

    queries: tuple[str, ...]
    usage: Usage
    degraded: tuple[str, ...] = ()


def choose(
    state: QueryState, turn: Turn, models: Models | None, settings: StrategySettings
) -> Choice:
    """Choose a strategy after the first look: as the caller asks, else by doubt.

    Without a model that serves it, `auto` is content with the first look, and what was
    asked for by name is said to be left out.
    """
    wanted = turn.context.strategy or settings.default
    if wanted is Strategy.VANILLA:
        return Choice(strategy=wanted)
    if wanted is Strategy.AUTO:
        found = _by_doubt(state, settings)
        served = found.strategy is Strategy.VANILLA or _serves(models, found.strategy)
        return found if served else Choice(strategy=Strategy.VANILLA)
    several = wanted is Strategy.FUSION and _several(state, settings)
    if several or _serves(models, wanted):
        return Choice(strategy=wanted, reason="asked for")
    left_out = f"{wanted} was left out: no model serves the role {_ROLES[wanted]!s}"
    return Choice(strategy=Strategy.VANILLA, degraded=(left_out,))


def _by_doubt(state: QueryState, settings: StrategySettings) -> Choice:
    if is_vague(state["question"], state["language"]):
        return Choice(strategy=Strategy.REWRITE, reason="the question is vague")
    if not is_unsure(state["passages"], settings):
        return Choice(strategy=Strategy.VANILLA)
    if _several(state, settings):
        return Choice(strategy=Strategy.FUSION, reason="there are several questions in one")
    return Choice(strategy=Strategy.HYDE, reason="the first look left doubt")


def _several(state: QueryState, settings: StrategySettings) -> bool:
    return len(parts_of(state["question"], settings.max_queries)) >= _LEAST_PARTS


def _serves(models: Models | None, strategy: Strategy) -> bool:
    return models is not None and models.serves(_ROLES[strategy])


async def plan(
    strategy: Strategy,
    state: QueryState,
    turn: Turn,
    models: Models | None,
    settings: StrategySettings,
    *,
    prompts: Catalogue | None = None,
) -> Plan:
    """Make the queries of a strategy.

    Raises:
        ProviderError: no model could, or what it wrote is empty.
        BudgetExceededError: the money is spent.
    """
    question = state["question"]
    if models is None or not models.serves(_ROLES[strategy]):
        return Plan(queries=tuple(parts_of(question, settings.max_queries)), usage=Usage())
    name = _PROMPTS[strategy]
    request, prompt = instruct(name, {"question": question}, prompts)
    reply = await models.complete(
        Call(
            principal=turn.principal,
            role=_ROLES[strategy],
            request=request,
            prompt=prompt,
            trace_id=turn.trace_id,
        )
    )
    text = reply.text.strip()
    written = read_questions(text)[: settings.max_queries] if name == "decompose" else [text]
    queries = tuple(query for query in written if query and query != question)
    if not text:
        raise ProviderError(f"{reply.model} wrote nothing")
    return Plan(queries=queries, usage=reply.usage, degraded=reply.degraded)


def read_questions(text: str) -> list[str]:
    """Return the questions of a reply: JSON (a list, or an object with one), else its lines."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        found = [line.lstrip("-*•0123456789.) ") for line in text.splitlines()]
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), [])
    if not isinstance(found, list):
        return []
    return [item.strip() for item in found if isinstance(item, str) and item.strip()]
