"""Makes a query that nobody has verified: by rules, and else by a model."""

import json
from typing import Any

from graphs.errors import BudgetExceededError
from graphs.models import Call, Models, Role
from graphs.text_to_sql.desk import Desk, Desks
from graphs.text_to_sql.recalling import read_question
from graphs.text_to_sql.rules.parsing import parse
from graphs.text_to_sql.rules.spec import AmbiguousError, RuleError, figures_of
from graphs.text_to_sql.rules.writing import Writer
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import Option, SqlState
from graphs.text_to_sql.steps import Turn, failed
from graphs.text_to_sql.wording import ddl, few_shots
from prompts.catalogue import Catalogue
from providers.errors import ProviderError
from providers.types import ChatRequest, PromptRef

RULE_CONFIDENCE = 0.9
"""Of the rule route: the share of right answers that is asked of it, rounded up."""
LLM_CONFIDENCE = 0.6
REPAIRED_CONFIDENCE = 0.5


async def generate(
    state: SqlState,
    turn: Turn,
    *,
    desks: Desks,
    models: Models | None,
    prompts: Catalogue,
    settings: SqlSettings,
) -> tuple[SqlState, str]:
    """Draft a query: by rules where every word is explained, else by the model for `sql`."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    update: SqlState = {}
    if turn.context.route in {"all", "rule"}:
        update = by_rules(state["question"], desk, settings)
        if "draft" in update:
            _tell(turn, update)
            return update, "validate"
    if models is not None and models.serves(Role.SQL) and turn.context.route in {"all", "llm"}:
        drafted = await by_model(state, turn, desk, models, prompts)
        if "draft" in drafted:
            _tell(turn, drafted)
            return drafted, "validate"
        update = {**update, **drafted}
    return update, "clarify"


def by_rules(question: str, desk: Desk, settings: SqlSettings) -> SqlState:
    """Return the rules' query; without `draft` when they have none, then maybe with `hints`."""
    reading = read_question(question, desk, settings)
    try:
        spec = parse(reading, desk.vocabulary)
        if desk.defined & {one.element for one in figures_of(spec)}:
            return {}
        writer = Writer(spec, desk.vocabulary)
        sql = writer.write()
    except AmbiguousError as error:
        return {"hints": _choices(question, error, desk, settings)}
    except RuleError:
        return {}
    return {
        "route": "rule",
        "draft": sql,
        "draft_params": writer.params,
        "confidence": RULE_CONFIDENCE,
        "matched": None,
    }


def _choices(
    question: str, error: AmbiguousError, desk: Desk, settings: SqlSettings
) -> list[Option]:
    """Say each reading of an ambiguous word as a question of its own."""
    options: list[Option] = []
    for choice in error.choices[: settings.options]:
        words = desk.vocabulary.words_of(choice)
        said = words if error.words.lower() in words else f"{words} {error.words}"
        asked = f"{question[: error.start]}{said}{question[error.end :]}"
        options.append({"label": f"{error.words}: {words}", "question": asked})
    return options


async def by_model(
    state: SqlState, turn: Turn, desk: Desk, models: Models, prompts: Catalogue
) -> SqlState:
    """Return the model's query, its questions (`hints`), or why it has neither (`problem`)."""
    examples = state.get("examples", [])
    rendered = prompts.get("sql").render(
        {
            "dialect": desk.catalog.dialect.value,
            "schema": ddl(desk.catalog),
            "examples": few_shots(examples),
            "question": state["question"],
        },
        {"with_examples": bool(examples)},
    )
    request = ChatRequest(
        messages=rendered.messages,
        question=state["question"],
        max_output_tokens=rendered.max_output_tokens,
        temperature=rendered.temperature,
        output_schema=rendered.output_schema,
    )
    return await ask(turn, models, request, rendered.ref)


async def ask(turn: Turn, models: Models, request: ChatRequest, prompt: PromptRef) -> SqlState:
    """Ask the model for `sql`, and read its reply."""
    call = Call(
        principal=turn.principal,
        role=Role.SQL,
        request=request,
        prompt=prompt,
        trace_id=turn.trace_id,
    )
    try:
        reply = await models.complete(call)
        said: Any = json.loads(reply.text)
    except BudgetExceededError as error:
        return {"degraded": [f"no model was asked: {error}"]}
    except (ProviderError, ValueError) as error:
        return {"degraded": [f"the model gave no query: {error}"]}
    found = said if isinstance(said, dict) else {}
    sql, assumptions = found.get("sql"), _texts(found.get("assumptions"))
    readings = _texts(found.get("ambiguous"))
    degraded = list(reply.degraded)
    if len(readings) > 1 or not isinstance(sql, str) or not sql.strip():
        hints: list[Option] = [{"label": one, "question": one} for one in readings[:4]]
        message = " ".join(assumptions) or "the model found no query for this question"
        problem = failed("no_query", message)
        return {"hints": hints, "problem": problem, "degraded": degraded}
    return {
        "route": "llm",
        "draft": sql,
        "draft_params": {},
        "assumptions": assumptions,
        "confidence": LLM_CONFIDENCE,
        "matched": None,
        "degraded": degraded,
    }


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else []
    return [text for text in found if isinstance(text, str) and text.strip()]


def _tell(turn: Turn, update: SqlState) -> None:
    turn.emit({"type": "sql.drafted", "route": update["route"], "sql": update["draft"]})
