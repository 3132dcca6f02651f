"""Questions to the agent over one manual and the sample shop."""

from pathlib import Path

import anyio
import pytest

from cli.routing import on_the_sample_day, routed_in
from cli.scratch import COLLECTION
from evals.routing import Expected, RoutingCase, report
from examples.shop.making import TODAY
from providers.principal import local_principal
from service.container import open_container
from service.library import Upload
from service.settings import load_settings
from tests.cli.conftest import MANUAL

ASKED: tuple[tuple[str, Expected], ...] = (
    ("How often must I descale the Brisk 12 kettle?", "documents"),
    ("What was our revenue in August 2026?", "database"),
    ("Who won the football world cup?", "abstain"),
    ("How many orders used a voucher code?", "clarify"),
    ("What is the capital of Portugal?", "database"),  # wrong on purpose
)


@pytest.mark.usefixtures("home")
def test_questions_go_where_they_should_and_a_wrong_label_is_seen(
    tmp_path: Path, home: Path
) -> None:
    path = tmp_path / "brisk.md"
    path.write_text(MANUAL)
    cases = [
        RoutingCase(id=str(at), question=question, expected=expected)
        for at, (question, expected) in enumerate(ASKED)
    ]
    settings = on_the_sample_day(load_settings(home=home))
    assert settings.sql.today == TODAY

    async def main() -> None:
        async with open_container(settings) as container:
            me = local_principal()
            upload = Upload(source="brisk.md", path=path, keep=True)
            job = await container.library.submit(me, COLLECTION, [upload])
            async for _ in container.jobs.events(me, job.job_id):
                pass
            done: list[int] = []
            routed = await routed_in(container, cases, lambda _, n, total: done.append(n))
            found = report(routed)
            assert found["accuracy"] == 0.8
            assert found["confusion"]["database"] == {"database": 1, "abstain": 1}
            assert done == [1, 2, 3, 4, 5]
            assert await routed_in(container, [], lambda *_: None) == []

    anyio.run(main)
