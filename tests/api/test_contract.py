"""Generated requests against the OpenAPI document: no server error, and what is promised."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.errors import FlakyFailure
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from providers.principal import Role, local_principal
from service.container import open_container
from service.settings import Settings

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "3"))
"""Requests an operation and mode; a long run sets more."""
# A question needs a letter, a chat a user message, an upload distinct names: no schema says so.
EXCLUDED = [positive_data_acceptance]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("contract")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        settings = Settings.model_validate(
            {
                "home": folder / "home",
                "embedder": {"plugin": "hashing"},
                "guards": {"question": ["rules"], "passage": ["rules"]},
                "parser": {"plugin": "text"},
                "reranker": {"plugin": "late_interaction", "enabled": False},
                "server": {"allowed_hosts": ["testserver"], "rate_limit": {"enabled": False}},
            }
        )
    secret = asyncio.run(_admin_key(settings))
    schema = schemathesis.openapi.from_asgi(
        "/api/openapi.json",
        create_app(settings),
    )
    yield schema, {"Authorization": f"Bearer {secret}"}


async def _admin_key(settings: Settings) -> str:
    async with open_container(settings) as container:
        return (await container.keys.create(local_principal(), "contract", Role.ADMIN)).secret


OPERATIONS = [
    (path, method.upper(), mode)
    for path, item in create_app(Settings()).openapi()["paths"].items()
    for method, operation in item.items()
    for mode in GenerationMode
    # Without inputs there is nothing that could be wrong.
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & set(operation)
]


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the generator's own
@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_keeps_its_promise(served: Any, path: str, method: str, mode: GenerationMode) -> None:
    schema, headers = served

    @examples(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

    try:
        check()
    except FlakyFailure as error:
        # The interpreter counts the depth of syntax trees once for all threads (gh-106905), so the
        # generator's reading of its own source can fail beside a thread of the service that reads
        # some as well. The same examples are made again.
        if error.subgroup(SystemError) is None:
            raise
        check()
