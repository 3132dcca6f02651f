"""Second step: which tool is asked first, and which after it; by a model, and else by rules."""

from collections.abc import Sequence

from graphs.agent.choosing import Choice, choose
from graphs.agent.databases import Databases, Evidence, Fit, weigh
from graphs.agent.following import chosen_names
from graphs.agent.settings import AgentSettings
from graphs.agent.settling import settle
from graphs.agent.state import AgentState, Clarify, Option, PlannedCall
from graphs.agent.steps import Turn
from graphs.agent.tools import Toolbox
from graphs.errors import GraphError
from graphs.models import Models, Role
from graphs.text_to_sql.settings import SqlSettings
from prompts.catalogue import Catalogue
from providers.errors import ProviderError

_WHICH = "More than one database can answer this. Which one is meant?"


async def route(
    state: AgentState,
    turn: Turn,
    *,
    toolbox: Toolbox,
    databases: Databases | None,
    models: Models | None,
    prompts: Catalogue,
    settings: AgentSettings,
    sql: SqlSettings,
) -> tuple[AgentState, str]:
    """Plan the next calls: what the model for `agent` chooses, or what the words speak for."""
    degraded: list[str] = []
    if models is not None and models.serves(Role.AGENT):
        found = await choose(
            state, turn, toolbox, databases, models=models, prompts=prompts, settings=settings
        )
        degraded += found.degraded
        if found.plan or state.get("results"):
            return _by_model(state, found, degraded)
    weighed, missing = await _weighed(state["question"], turn, databases, settings, sql)
    update, following = plan_by_rules(state["question"], weighed, toolbox, turn.context.collection)
    update["degraded"] = [*degraded, *missing]
    return update, following


def _by_model(state: AgentState, found: Choice, degraded: list[str]) -> tuple[AgentState, str]:
    update: AgentState = {"degraded": degraded, "ask_back": True}
    if not found.plan:
        return update, settle(state, ask_back=True)
    return {**update, "plan": found.plan, "chosen_by": "model"}, "call_tool"


def plan_by_rules(
    question: str, weighed: Sequence[Evidence], toolbox: Toolbox, collection: str
) -> tuple[AgentState, str]:
    """Plan by what speaks for each database; without a word for one the documents are asked.

    A question over rows goes to the database first, and to the documents when it has no answer.
    One that looks a single thing up may be answered by both: the documents come first. What asks
    to change data is for the database alone, which says that it does not do that.
    """
    documents: PlannedCall = {
        "tool": toolbox.documents.definition.name,
        "arguments": {"question": question, "collection": collection},
    }
    update: AgentState = {"plan": [documents], "ask_back": False, "chosen_by": "rules"}
    # A change is for the database whose tables it names, however little else speaks for it.
    changed = [one for one in weighed if one.writes and one.named]
    best = max(changed or weighed, key=lambda one: (one.fit, one.likeness), default=None)
    if best is None or toolbox.database is None:
        return update, "call_tool"
    database: PlannedCall = {
        "tool": toolbox.database.definition.name,
        "arguments": {"question": question, "datasource": best.datasource},
    }
    if changed:
        return {**update, "plan": [database]}, "call_tool"
    if best.fit is Fit.NONE:
        return update, "call_tool"
    rivals = [one.datasource for one in weighed if one.fit is Fit.SURE]
    if len(rivals) > 1:
        return {**update, "plan": [], "clarify": _which(question, rivals)}, "clarify"
    first = [database, documents] if best.fit is Fit.SURE else [documents, database]
    return {**update, "plan": first, "ask_back": True}, "call_tool"


def _which(question: str, names: Sequence[str]) -> Clarify:
    options: list[Option] = [
        {"label": name, "question": question, "datasource": name} for name in names
    ]
    return {"question": _WHICH, "options": options}


async def _weighed(
    question: str,
    turn: Turn,
    databases: Databases | None,
    settings: AgentSettings,
    sql: SqlSettings,
) -> tuple[list[Evidence], list[str]]:
    """Look at each database; also says which could not be looked at."""
    found: list[Evidence] = []
    missing: list[str] = []
    if databases is None:
        return found, missing
    for name in await chosen_names(turn, databases, settings):
        try:
            desk = await databases.open(turn.principal, name)
        except (GraphError, ProviderError) as error:
            missing.append(f"the database {name} was not looked at: {error}")
            continue
        found.append(await weigh(question, desk, settings=settings, sql=sql))
        missing += found[-1].degraded
    return found, missing
