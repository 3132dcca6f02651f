"""Runs the evaluation of the guards with the configured guardrails."""

from collections.abc import Sequence
from typing import Any

from evals.guards.scoring import Attempt, judge_with, report
from providers.types import GuardStage
from service.plugins import load_providers
from service.settings import Settings


async def run_guards(settings: Settings, attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Judge attempts in this process; the home is not opened."""
    providers = load_providers(settings)
    failures: set[str] = set()
    try:
        rails = {
            stage: {name: providers.guardrails[name] for name in settings.guards.names(stage)}
            for stage in (GuardStage.QUESTION, GuardStage.PASSAGE)
        }
        judge = judge_with(settings.guards, rails, failures)
        judged = [await judge(attempt) for attempt in attempts]
    finally:
        await providers.aclose()
    return {**report(judged), "degraded": sorted(failures)}
