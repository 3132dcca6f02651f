"""Guards passages: an order to the model that stands in a document is data."""

from collections.abc import Sequence
from dataclasses import replace

from cachetools import LRUCache

from graphs.query.guarding.inspecting import Decision, Guards, decide, inspect
from graphs.query.guarding.redacting import cover, leave_out, whole_sentences
from graphs.query.guarding.rulings import Verdict
from graphs.query.guarding.settings import Action, OnFailure, Policies
from graphs.query.guarding.telling import tell
from graphs.query.state import Passage, QueryState
from graphs.query.steps import Turn
from providers.types import Finding, GuardStage

_ROUNDS = 3
"""How often a text is looked at again after something was taken out of it."""
_REMEMBERED = 4096


class PassageGuard:
    """Looks at the passages of a run; what was found in a chunk is remembered."""

    def __init__(self, guards: Guards, *, most: int) -> None:
        """Guard at most the first `most` passages; the others never reach a model."""
        self._guards = guards
        self._most = most
        self._known: LRUCache[tuple[str, str], list[Finding]] = LRUCache(_REMEMBERED)

    async def __call__(self, state: QueryState, turn: Turn) -> QueryState:
        """Drop, redact or neutralise passages as the policies say."""
        passages = state["passages"][: self._most]
        if state.get("refusal") is not None or not passages:
            return {}
        texts = [passage.text for passage in passages]
        findings, failures = await self._findings(texts, state["language"], turn)
        if failures and self._guards.settings.on_failure is OnFailure.BLOCK:
            return {"passages": [], "degraded": [*failures, "no passage was used unchecked"]}
        work = _Work(self._decided(findings, state["own_rules"].policies))
        for passage, decisions in zip(passages, work.decided, strict=True):
            await self._treat(passage, decisions, work, state, turn)
        for verdict in work.verdicts:
            tell(turn, verdict)
        return {
            "passages": work.kept,
            "cleaned": work.cleaned,
            "verdicts": work.verdicts,
            "degraded": failures,
        }

    async def _treat(
        self,
        passage: Passage,
        decisions: Sequence[Decision],
        work: "_Work",
        state: QueryState,
        turn: Turn,
    ) -> None:
        for decision in decisions:
            work.say(passage, decision)
        if any(decision.action is Action.BLOCK for decision in decisions):
            return
        open_, hidden = (
            [span for d in decisions if d.action is action for span in d.spans]
            for action in (Action.FLAG, Action.REDACT)
        )
        text = passage.text
        if hidden:
            text = cover(text, whole_sentences(text, hidden))
            passage = replace(passage, chunk=passage.chunk._replace(text=text))
        if open_ or hidden:
            text = leave_out(text, whole_sentences(text, [*open_, *hidden]))
            work.cleaned[passage.chunk_id] = await self._cleaned(text, state, turn)
        work.kept.append(passage)

    async def _cleaned(self, text: str, state: QueryState, turn: Turn) -> str:
        """Look again at what is left, until nothing is found; else nothing is shown."""
        for _ in range(_ROUNDS):
            findings, _ = await self._findings([text], state["language"], turn)
            (decisions,) = self._decided(findings, state["own_rules"].policies)
            if not decisions:
                return text
            spans = [span for decision in decisions for span in decision.spans]
            text = leave_out(text, whole_sentences(text, spans))
        return ""

    def _decided(
        self, findings: Sequence[Sequence[Finding]], policies: Policies
    ) -> list[list[Decision]]:
        threshold = self._guards.settings.threshold
        return [
            decide(found, policies, stage=GuardStage.PASSAGE, threshold=threshold)
            for found in findings
        ]

    async def _findings(
        self, texts: Sequence[str], language: str, turn: Turn
    ) -> tuple[list[list[Finding]], list[str]]:
        tenant = turn.principal.tenant_id
        new = [text for text in dict.fromkeys(texts) if (tenant, text) not in self._known]
        report = await inspect(
            self._guards.of(GuardStage.PASSAGE, turn),
            new,
            stage=GuardStage.PASSAGE,
            language=language,
            timeout_s=self._guards.settings.timeout_s,
        )
        found = dict(zip(new, report.findings, strict=True))
        if not report.failures:
            self._known.update({(tenant, text): each for text, each in found.items()})
        return [
            found[text] if text in found else self._known[tenant, text] for text in texts
        ], report.failures


class _Work:
    """What becomes of the passages of one run."""

    def __init__(self, decided: Sequence[Sequence[Decision]]) -> None:
        self.decided = decided
        self.kept: list[Passage] = []
        self.cleaned: dict[str, str] = {}
        self.verdicts: list[Verdict] = []

    def say(self, passage: Passage, decision: Decision) -> None:
        """Note what was decided about a passage."""
        self.verdicts.append(
            Verdict(
                stage=GuardStage.PASSAGE,
                rule=decision.rule,
                action=decision.action,
                score=decision.score,
                message=f"A passage {decision.message}.",
                document_id=passage.document_id,
                chunk_id=passage.chunk_id,
            )
        )
