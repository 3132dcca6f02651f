"""Runs the guardrails of a stage and weighs what they find."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod

from graphs.query.guarding.settings import Action, Family, GuardSettings, Policies
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.protocols import Guardrail, UsesClassifier
from providers.types import Finding, GuardStage

Classify = Callable[[Turn, str], Awaitable[str]]
"""Asks the chat model for the role `classify` on behalf of a run: a text in, a word out."""
_WHOLLY = 0.9
"""Share of a finding that calming findings cover; the rest is space between sentences."""
WEAK = 0.2
"""Findings from here on are part of what is taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The configured guardrails by name, and what is to be done with them."""

    settings: GuardSettings
    rails: Mapping[str, Guardrail]
    classify: Classify | None = None

    def of(self, stage: GuardStage, turn: Turn) -> dict[str, Guardrail]:
        """Return the guardrails of a stage."""
        return {name: self._bound(self.rails[name], turn) for name in self.settings.names(stage)}

    def _bound(self, rail: Guardrail, turn: Turn) -> Guardrail:
        if self.classify is None or not isinstance(rail, UsesClassifier):
            return rail
        return rail.bound_to(partial(self.classify, turn))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a text is guilty of, under which policy; spans are those to be taken out."""

    family: Family
    action: Action
    rule: str
    score: float
    message: str
    spans: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Report:
    """Findings of each text, and which guardrails failed with what."""

    findings: list[list[Finding]]
    failures: list[str] = field(default_factory=list)


async def inspect(
    rails: Mapping[str, Guardrail],
    texts: Sequence[str],
    *,
    stage: GuardStage,
    language: str,
    timeout_s: float,
) -> Report:
    """Let each guardrail look at the texts; one that fails is named in the report."""
    report = Report([[] for _ in texts])
    for name, rail in rails.items():
        try:
            async with asyncio.timeout(timeout_s):
                found = await rail.inspect(texts, stage=stage, language=language)
        except ProviderError as error:
            report.failures.append(f"the guardrail {name!r} was left out: {error}")
        except TimeoutError:
            report.failures.append(
                f"the guardrail {name!r} was left out: no reply within {timeout_s:g} s"
            )
        else:
            for known, new in zip(report.findings, found, strict=True):
                known.extend(new)
    return report


def decide(
    findings: Iterable[Finding], policies: Policies, *, stage: GuardStage, threshold: float
) -> list[Decision]:
    """Weigh findings by family; those that count come back, the gravest first."""
    groups: dict[Family, list[Finding]] = {}
    for finding in findings:
        family = family_of(finding.rule, stage)
        if policies[family] is not Action.OFF:
            groups.setdefault(family, []).append(finding)
    made = [
        _decision(family, left, policies[family])
        for family, group in groups.items()
        if (left := calmed(group))
    ]
    order = list(Action)
    return sorted(
        (decision for decision in made if decision.score >= threshold),
        key=lambda decision: (order.index(decision.action), -decision.score),
    )


def family_of(rule: str, stage: GuardStage) -> Family:
    """Return the family of a rule such as `injection.override`."""
    family = Family(rule.split(".", 1)[0])
    if family is Family.INJECTION and stage is GuardStage.PASSAGE:
        return Family.INSTRUCTIONS
    return family


def weigh(findings: Iterable[Finding]) -> float:
    """Return the score of findings together: different rules count as independent signs."""
    best: dict[str, float] = {}
    for finding in findings:
        best[finding.rule] = max(best.get(finding.rule, 0.0), finding.score)
    return 1.0 - prod(1.0 - score for score in best.values())


def calmed(findings: Iterable[Finding]) -> list[Finding]:
    """Weaken findings that lie wholly in what another guardrail knows to be harmless."""
    found = list(findings)
    calm = [each for each in found if each.calms]
    return [
        replace(each, score=each.score * (1.0 - _relief(each, calm)))
        for each in found
        if not each.calms
    ]


def _relief(finding: Finding, calm: Sequence[Finding]) -> float:
    """Return by which share a finding counts less: where it reaches over several, the least."""
    over = [each for each in calm if each.start < finding.end and finding.start < each.end]
    covered = sum(min(e.end, finding.end) - max(e.start, finding.start) for e in over)
    if not over or covered < _WHOLLY * (finding.end - finding.start):
        return 0.0
    return min(each.score for each in over)


def _decision(family: Family, findings: Sequence[Finding], action: Action) -> Decision:
    top = max(findings, key=lambda finding: finding.score)
    return Decision(
        family=family,
        action=action,
        rule=top.rule,
        score=weigh(findings),
        message=top.message,
        spans=tuple((f.start, f.end) for f in findings if f.score >= WEAK),
    )
