import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from graphs.errors import BudgetExceededError
from graphs.models import Role
from providers.hosted import litellm_sdk
from providers.principal import local_principal
from providers.types import Status
from service.budgets import BudgetWrite
from service.container import open_container
from service.errors import SettingsError
from service.library import Upload
from service.schemas import AskRequest
from service.settings import Settings, load_settings

CAPACITY = "What is the capacity of the Brisk 12?"


def configured(settings: Settings, **changes: Any) -> Settings:
    return load_settings(
        home=settings.home,
        embedder={"plugin": "hashing"},
        reranker={"enabled": False},
        parser={"plugin": "text"},
        **changes,
    )


def scripted(**options: Any) -> dict[str, Any]:
    return {"plugin": "scripted", "options": options}


async def test_without_models_only_answers_are_served(settings: Settings) -> None:
    async with open_container(configured(settings)) as container:
        assert container.gateway.serves(Role.SYNTHESIZE)
        assert [role for role in Role if container.gateway.serves(role)] == [Role.SYNTHESIZE]
        report = await container.health.report()
    assert not [name for name in report.capabilities if name.startswith("models.")]


async def test_roles_name_models(settings: Settings, manual: Upload) -> None:
    changed = configured(
        settings,
        models={
            "first": scripted(always="refused"),
            "second": scripted(reply="Its capacity is 1.2 litres [1]."),
        },
        roles={"synthesize": {"models": ["first", "second"]}, "judge": {"models": ["second"]}},
    )
    async with open_container(changed) as container:
        assert container.gateway.serves(Role.JUDGE)
        report = await container.health.report()
        assert report.capabilities["models.first"].status is Status.UNAVAILABLE
        assert report.capabilities["models.second"].status is Status.READY
        job = await container.library.submit(local_principal(), "default", [manual])
        async for _ in container.jobs.events(local_principal(), job.job_id):
            pass
        request = AskRequest(question=CAPACITY)
        events = [e async for e in container.answering.ask(local_principal(), request)]
    finished = events[-1].data
    assert "1.2 litres" in finished["answer"]
    wanted = "written by scripted: scripted failed: the call was refused"
    assert any(wanted in said for said in finished["degraded"])


async def test_when_all_models_fail_the_extractive_one_answers(
    settings: Settings, manual: Upload
) -> None:
    changed = configured(
        settings,
        models={"only": scripted(always="refused")},
        roles={"synthesize": {"models": ["only"]}},
    )
    async with open_container(changed) as container:
        job = await container.library.submit(local_principal(), "default", [manual])
        async for _ in container.jobs.events(local_principal(), job.job_id):
            pass
        request = AskRequest(question=CAPACITY)
        events = [e async for e in container.answering.ask(local_principal(), request)]
    finished = events[-1].data
    assert "1.2 litres" in finished["answer"]
    assert any("written by extractive: scripted failed" in said for said in finished["degraded"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": {"judge": {"models": ["gpt"]}}}, "roles.judge.models: .* no 'gpt'"),
        ({"models": {"m": {"plugin": "litellm"}}}, "models.m: chat_model.options.model"),
        ({"models": {"m": {"plugin": "nothing"}}}, "models.m: .*no plugin 'nothing'"),
        ({"roles": {"poet": {"models": ["m"]}}}, "roles.poet"),
        ({"models": {"m": {"qality": 1}}}, "models.m.qality"),
    ],
)
async def test_wrong_settings_stop_the_start(
    settings: Settings, changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=words):
        async with open_container(configured(settings, **changes)):
            pass


async def test_a_budget_of_the_tenant_holds_for_its_questions(
    settings: Settings, manual: Upload
) -> None:
    priced = {**scripted(), "prices": {"input": 100.0, "output": 100.0}}
    changed = configured(
        settings, models={"only": priced}, roles={"synthesize": {"models": ["only"]}}
    )
    me = local_principal()
    request = AskRequest(question=CAPACITY, cache=False)
    async with open_container(changed) as container:
        job = await container.library.submit(me, "default", [manual])
        async for _ in container.jobs.events(me, job.job_id):
            pass
        await container.budgets.put(me, "synthesize", BudgetWrite(usd_per_day=2.0))
        async for _ in container.answering.ask(me, request):
            pass
        (budget,) = await container.budgets.list(me)
        assert 0 < budget.spent_usd < 2.0
        assert budget.reserved_usd == 0
        await container.budgets.put(me, "synthesize", BudgetWrite(usd_per_day=budget.spent_usd))
        with pytest.raises(BudgetExceededError, match="for the role synthesize is spent"):
            async for _ in container.answering.ask(me, request):
                pass
        await container.budgets.remove(me, "synthesize")
        events = [event async for event in container.answering.ask(me, request)]
        assert events[-1].type == "run.finished"


@pytest.mark.integration
async def test_a_server_loads_litellm_before_the_first_question(settings: Settings) -> None:
    hosted = {"options": {"model": "openai/any", "api_key": "k"}}
    changed = configured(
        settings, models={"hosted": hosted}, roles={"judge": {"models": ["hosted"]}}
    )
    async with open_container(changed, resume=True):
        deadline = time.monotonic() + 50
        while not litellm_sdk.is_loaded():
            assert time.monotonic() < deadline, "nothing loads it"
            await asyncio.sleep(0.05)
