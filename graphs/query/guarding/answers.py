"""Guards the answer, sentence by sentence, before one leaves."""

from graphs.query.guarding.inspecting import Guards, decide, inspect
from graphs.query.guarding.redacting import take_out
from graphs.query.guarding.rulings import Verdict
from graphs.query.guarding.settings import Action, OnFailure
from graphs.query.guarding.telling import tell
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from providers.types import GuardStage


class AnswerGuard:
    """Looks at each sentence of one answer; `verdicts` and `degraded` say what came of it."""

    def __init__(self, guards: Guards, state: QueryState, turn: Turn) -> None:
        self.verdicts: list[Verdict] = []
        self.degraded: list[str] = []
        self._guards = guards
        self._rails = guards.of(GuardStage.ANSWER, turn)
        self._policies = state["own_rules"].policies
        self._language = state["language"]
        self._turn = turn

    async def let_out(self, sentence: str) -> str | None:
        """Return the sentence as it may leave, or None when it must not."""
        report = await inspect(
            self._rails,
            [sentence],
            stage=GuardStage.ANSWER,
            language=self._language,
            timeout_s=self._guards.settings.timeout_s,
        )
        self.degraded += [failure for failure in report.failures if failure not in self.degraded]
        if report.failures and self._guards.settings.on_failure is OnFailure.BLOCK:
            return None
        decisions = decide(
            report.findings[0],
            self._policies,
            stage=GuardStage.ANSWER,
            threshold=self._guards.settings.threshold,
        )
        spans: list[tuple[int, int]] = []
        for decision in decisions:
            self._say(decision.rule, decision.action, decision.score, decision.message)
            if decision.action is Action.BLOCK:
                return None
            if decision.action is Action.REDACT:
                spans += decision.spans
        return take_out(sentence, spans) if spans else sentence

    def _say(self, rule: str, action: Action, score: float, message: str) -> None:
        verdict = Verdict(
            stage=GuardStage.ANSWER,
            rule=rule,
            action=action,
            score=score,
            message=f"A sentence of the answer {message}.",
        )
        self.verdicts.append(verdict)
        tell(self._turn, verdict)
