"""Guards the question: before anything is asked of a model, and again with its vector."""

from collections.abc import Mapping, Sequence

from anyio import to_thread

from data.database import Database
from graphs.query.guarding.inspecting import Decision, Guards, decide, inspect
from graphs.query.guarding.off_topic import Topics
from graphs.query.guarding.own_rules import own_rules
from graphs.query.guarding.redacting import take_out
from graphs.query.guarding.rulings import Refusal, Verdict
from graphs.query.guarding.settings import Action, Family, OnFailure
from graphs.query.guarding.telling import tell
from graphs.query.guarding.wording import UNAVAILABLE, refusal
from graphs.query.state import QueryState
from graphs.query.steps import Step, Turn
from providers.chat_model.reading.languages import identify
from providers.protocols import Guardrail
from providers.types import Finding, GuardStage

_SURE = 0.95
"""How certain it must be which language a question is in."""
_LONG_ENOUGH = 20
"""Characters of a question whose language can be told."""


async def guard_question(
    state: QueryState, turn: Turn, *, guards: Guards, database: Database, languages: Sequence[str]
) -> QueryState:
    """Look at the question before anything is searched for."""
    rules = await own_rules(turn, database, guards.settings)
    findings: list[Finding] = []
    if rules.policies[Family.LANGUAGE] is not Action.OFF:
        # The statistical model is read from disk at its first use.
        findings = await to_thread.run_sync(_foreign, state["question"], languages)
    rails = guards.of(GuardStage.QUESTION, turn)
    return {
        "own_rules": rules,
        **await _judge({**state, "own_rules": rules}, turn, guards, rails=rails, before=findings),
    }


async def guard_meaning(
    state: QueryState, turn: Turn, *, guards: Guards, topics: Topics
) -> QueryState:
    """Look whether the collection is about what the question means, by the search's own vector."""
    if state.get("refusal") is not None:
        return {}
    away, failures = await topics.away(state)
    if away is None:
        return {"degraded": failures}
    found = [*state.get("question_findings", ()), away]
    update = await _judge(state, turn, guards, rails={}, before=found)
    return {**update, "degraded": [*update.get("degraded", []), *failures]}


def unless_refused(step: Step, otherwise: QueryState) -> Step:
    """Return a step that is left out when the question was refused."""

    async def taken(state: QueryState, turn: Turn) -> QueryState:
        return otherwise if state.get("refusal") is not None else await step(state, turn)

    return taken


async def _judge(
    state: QueryState,
    turn: Turn,
    guards: Guards,
    *,
    rails: Mapping[str, Guardrail],
    before: Sequence[Finding],
) -> QueryState:
    """Let guardrails look and act on the gravest decision; earlier findings count too."""
    settings = guards.settings
    report = await inspect(
        rails,
        [state["question"]],
        stage=GuardStage.QUESTION,
        language=state["language"],
        timeout_s=settings.timeout_s,
    )
    findings = [*before, *report.findings[0]]
    update: QueryState = {"question_findings": findings, "degraded": report.failures}
    if report.failures and settings.on_failure is OnFailure.BLOCK:
        verdict = _question("guard.unavailable", Action.BLOCK, 1.0, report.failures[0])
        return update | _refuse(state, turn, UNAVAILABLE, verdict)
    decisions = decide(
        findings,
        state["own_rules"].policies,
        stage=GuardStage.QUESTION,
        threshold=settings.threshold,
    )
    return update | _act(state, turn, decisions)


def _act(state: QueryState, turn: Turn, decisions: Sequence[Decision]) -> QueryState:
    told = {verdict.rule for verdict in state.get("verdicts", [])}
    made: list[Verdict] = []
    question = state["question"]
    for decision in decisions:
        rest = take_out(question, decision.spans) if decision.action is Action.REDACT else question
        if decision.action is Action.BLOCK or not any(c.isalnum() for c in rest.replace("[…]", "")):
            return _refuse(state, turn, decision.family, _verdict(decision, Action.BLOCK))
        if decision.rule not in told:
            made.append(_verdict(decision, decision.action))
        question = rest
    for verdict in made:
        tell(turn, verdict)
    changed: QueryState = (
        {}
        if question == state["question"]
        else {
            "question": question,
            "question_findings": [],
            "question_vector": None,
        }
    )
    return {**changed, "verdicts": made}


def _refuse(state: QueryState, turn: Turn, family: str, verdict: Verdict) -> QueryState:
    tell(turn, verdict)
    return {
        "refusal": Refusal(rule=verdict.rule, message=refusal(family, state["language"])),
        "verdicts": [verdict],
        "passages": [],
        "grounding": [],
    }


def _verdict(decision: Decision, action: Action) -> Verdict:
    return _question(decision.rule, action, decision.score, f"The question {decision.message}.")


def _question(rule: str, action: Action, score: float, message: str) -> Verdict:
    return Verdict(
        stage=GuardStage.QUESTION, rule=rule, action=action, score=score, message=message
    )


def _foreign(question: str, languages: Sequence[str]) -> list[Finding]:
    """Find that a question is in none of the expected languages."""
    if len(question) < _LONG_ENOUGH:
        return []
    language, certainty = identify(question)
    if language in languages or certainty < _SURE:
        return []
    return [
        Finding(
            rule=Family.LANGUAGE.value,
            score=certainty,
            start=0,
            end=len(question),
            message=f"is in {language!r}, which is not among the expected languages",
        )
    ]
