"""What hosted embedders cost is in the ledger of whoever's run asked them, and in budgets."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from data.models.budgets import NANO
from providers import registry
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.principal import local_principal
from providers.types import Matrix, TextKind, Usage
from service.budgets import BudgetWrite
from service.container import open_container
from service.library import Upload
from service.schemas import AskRequest
from service.settings import Settings


class PricedEmbedder(HashingEmbedder):
    """Costs a hundredth of a dollar a call."""

    report: Callable[[str, Usage], None]

    def bind_usage(self, report: Callable[[str, Usage], None]) -> None:
        self.report = report

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self.report("priced", Usage(input_tokens=len(texts), cost_usd=0.01))
        return await super().embed(texts, kind=kind)


async def test_calls_are_charged_to_whoever_ran(
    settings: Settings, manual: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.load

    def load(capability: Any, plugin: str, *args: Any, **options: Any) -> Any:
        if plugin == "hashing":
            return PricedEmbedder(HashingConfig())
        return real(capability, plugin, *args, **options)

    monkeypatch.setattr(registry, "load", load)
    principal, today = local_principal(), datetime.now(UTC).date()
    async with open_container(settings) as container:
        await container.budgets.put(principal, "*", BudgetWrite(usd_per_day=5.0))
        job = await container.library.submit(principal, "default", [manual])
        async for _ in container.jobs.events(principal, job.job_id):
            pass
        await container.answering.answer(principal, AskRequest(question="What does it draw?"))
    async with open_container(settings) as container:
        async with container.database.begin(principal, read_only=True) as tx:
            midnight = datetime.combine(today, datetime.min.time(), UTC)
            spent = await tx.llm_calls.spent_since(midnight, "embed")
            days = await tx.budgets.days(today)
    assert spent.cost_usd >= 0.02
    assert all(day.spent_nusd <= round(spent.cost_usd * NANO) for day in days)
