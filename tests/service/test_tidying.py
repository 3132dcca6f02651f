"""Questions that wait for a choice are forgotten after some days."""

from datetime import timedelta

from data.columns import now
from providers.principal import local_principal
from service.agent_answering import THREADS as AGENT
from service.container import Container
from service.sql_answering import THREADS as SQL
from service.tidying import tidy
from service.waiting_runs import new_run, thread_of
from tests.service.test_checkpoints import write


async def test_old_questions_are_forgotten_and_new_ones_wait(container: Container) -> None:
    saver, me = await container.checkpoints.saver(), local_principal()
    old = f"{now() - timedelta(days=3):%Y%m%d}-{'0' * 32}"
    fresh = [thread_of(kind, me, new_run()) for kind in (SQL, AGENT)]
    stale = [thread_of(kind, me, old) for kind in (SQL, AGENT)]
    for thread in (*fresh, *stale, f"unknown-job:{old}"):
        await write(saver, thread, "waits")

    await tidy(container.database, container.checkpoints, container.settings.home)

    assert set(await container.checkpoints.threads()) == {*fresh}
