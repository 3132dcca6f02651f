"""Celery: the queues and the messages. Only this and `service.celery_worker` import it.

Celery only carries ids from one process to another. What is to be done, by whom and whether
it was done stands in the database, so a message that is lost or comes twice does no harm.
"""

from typing import Any, Final

import structlog
from anyio import to_thread
from celery import Celery
from kombu.exceptions import OperationalError

from data.repositories.work_items import WorkPlace
from providers.types import Health, Status
from service.errors import SettingsError
from service.settings import CelerySettings
from service.spread.post import JOBS, QUEUES

log = structlog.get_logger("cicerone.jobs")

JOB: Final = "cicerone.job"
DOCUMENT: Final = "cicerone.document"
TICK: Final = "cicerone.tick"
TICK_S: Final = 30.0
"""How often beat asks which schedules are due."""
START_S: Final = 120.0
"""How long a process may take to open the service."""
CONNECT_S: Final = 4
"""How long a connection to the broker may take to open."""


def make_app(settings: CelerySettings) -> Celery:
    """Return the Celery application; nothing is connected yet.

    Raises:
        SettingsError: there is no broker, or its URL is of another kind.
    """
    if settings.broker_url is None:
        raise SettingsError("jobs.celery.broker_url: set it to redis://… or amqp://…")
    url = settings.broker_url.get_secret_value()
    app = Celery("cicerone", broker=url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_create_missing_queues=True,
        task_default_queue=queue_name(settings, JOBS),
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=settings.prefetch,
        worker_proc_alive_timeout=START_S,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_timeout=CONNECT_S,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport(settings, url),
        beat_schedule={TICK: {"task": TICK, "schedule": TICK_S, "options": {"expires": TICK_S}}},
    )
    return app


def queue_name(settings: CelerySettings, queue: str) -> str:
    """Return what the broker calls a queue."""
    return f"{settings.queue_prefix}.{queue}"


def remove_queues(settings: CelerySettings) -> None:
    """Remove the queues and what waits in them; blocks.

    Raises:
        OperationalError: the broker does not answer.
    """
    app = make_app(settings)
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        for queue in QUEUES:
            channel.queue_delete(queue_name(settings, queue))
    app.close()


def _transport(settings: CelerySettings, url: str) -> dict[str, Any]:
    if url.startswith(("redis", "rediss", "sentinel", "valkey")):
        return {
            "visibility_timeout": settings.visibility_timeout_s,
            "global_keyprefix": f"{settings.queue_prefix}:",
            "socket_connect_timeout": CONNECT_S,
            "socket_timeout": 30,
            "retry_on_timeout": True,
        }
    if url.startswith(("amqp", "pyamqp")):
        return {"confirm_publish": True}
    raise SettingsError("jobs.celery.broker_url: only redis:// and amqp:// are supported")


class CeleryPost:
    """Sends messages through Celery, from a thread each."""

    def __init__(self, settings: CelerySettings) -> None:
        self._settings = settings
        self._app = make_app(settings)

    async def job(self, tenant_id: str, job_id: str) -> None:
        """Ask a worker to look at a job."""
        await self._send(JOB, JOBS, [tenant_id, job_id])

    async def document(self, place: WorkPlace) -> None:
        """Ask a worker to take a document through its next stage."""
        stage = place.stage.value
        await self._send(DOCUMENT, stage, [place.tenant_id, place.job_id, place.ordinal, stage])

    async def waiting(self, queue: str) -> int | None:
        """Return how many messages wait in a queue; None when the broker does not answer."""
        try:
            return await to_thread.run_sync(self._count, queue)
        except (OperationalError, OSError) as error:
            log.warning("broker.unreachable", error=str(error))
            return None

    async def check(self) -> Health:
        """Tell whether the broker answers."""
        if await self.waiting(JOBS) is None:
            return Health(
                status=Status.DEGRADED,
                plugin="celery",
                detail="the broker of jobs.celery.broker_url does not answer; jobs wait",
            )
        return Health(status=Status.READY, plugin="celery")

    async def aclose(self) -> None:
        """Close the connections."""
        await to_thread.run_sync(self._app.close)

    async def _send(self, task: str, queue: str, arguments: list[Any]) -> None:
        name = queue_name(self._settings, queue)

        def send() -> None:
            self._app.send_task(task, arguments, queue=name, retry=False, ignore_result=True)

        try:
            await to_thread.run_sync(send)
        except (OperationalError, OSError) as error:  # a sweep sends it again
            log.warning("message.not_sent", task=task, error=str(error))

    def _count(self, queue: str) -> int:
        with self._app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_S)
            channel: Any = connection.default_channel
            declared = channel.queue_declare(
                queue_name(self._settings, queue), durable=True, auto_delete=False
            )
            return int(declared.message_count)
