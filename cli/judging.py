"""Calibrates the model that judges answers."""

from collections.abc import Sequence
from typing import Any

from cli.evaluating import Progress
from evals.suites.judging import calibrate, model_judge
from evals.support.scoring import Pair
from graphs.models import Role
from providers.principal import local_principal
from service.container import open_container
from service.errors import SettingsError
from service.prompting import catalogue_of
from service.settings import Settings


async def run_judge(settings: Settings, pairs: Sequence[Pair], progress: Progress) -> Any:
    """Let the model for the role `judge` judge labelled pairs.

    Raises:
        SettingsError: no model serves the role.
        DatasetError: none of its replies can be read.
    """
    async with open_container(settings) as container:
        if not container.gateway.serves(Role.JUDGE):
            raise SettingsError("roles.judge: no model judges; name one of the section models")
        ask = model_judge(
            container.gateway, catalogue_of(settings.prompts).get("judge"), local_principal()
        )
        return await calibrate(
            pairs, ask, progress=lambda done: progress("judging", done, len(pairs))
        )
