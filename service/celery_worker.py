"""The worker on Celery: its tasks, its processes, its end."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from billiard import Event, current_process
from celery import Celery, Task, signals
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop

from service.celery_app import DOCUMENT, JOB, TICK, make_app, queue_name
from service.settings import CelerySettings
from service.spread.post import QUEUES
from service.spread.process import WorkerProcess

log = structlog.get_logger("cicerone.jobs")


def run_worker(
    settings: CelerySettings,
    process: WorkerProcess,
    *,
    queues: Sequence[str] = QUEUES,
    concurrency: int = 1,
    beat: bool = False,
    on_ready: Callable[[], None] = lambda: None,
) -> int:
    """Work at messages until a signal says to stop; returns the exit code.

    SIGTERM lets documents stop at their next step, and ends. Each of the `concurrency`
    processes opens the service for itself.
    """
    app = make_app(settings)
    add_tasks(app, settings, process)
    draining = _Draining(process)
    signals.setup_logging.connect(_keep_logs, weak=False)
    signals.worker_process_init.connect(lambda **_: draining.start_process(), weak=False)
    signals.worker_process_shutdown.connect(lambda **_: process.stop(), weak=False)
    signals.worker_shutting_down.connect(lambda **_: draining.ask(), weak=False)
    signals.worker_ready.connect(lambda **_: on_ready(), weak=False)
    worker = app.Worker(
        queues=[queue_name(settings, queue) for queue in queues],
        concurrency=concurrency,
        pool="prefork",
        beat=beat,
        scheduler="celery.beat:Scheduler",  # its one entry needs no file
        quiet=True,
        without_mingle=True,
        without_gossip=True,
    )
    worker.start()
    return 1 if draining.failed else int(worker.exitcode or 0)


def add_tasks(app: Celery, settings: CelerySettings, process: WorkerProcess) -> None:
    """Register the tasks.

    A document is acknowledged when its stage is over, so that the broker gives it to another
    worker when this one dies. A whole job may take hours, longer than a broker waits: it is
    acknowledged at once, and found by its heartbeat.
    """
    limit = settings.task_time_limit_s
    # Celery would count `self` among the arguments that a message must bring.
    add = partial(app.task, base=_Task, shared=False, typing=False)
    add(name=DOCUMENT, acks_late=True, time_limit=limit)(process.document)
    add(name=JOB)(process.job)
    add(name=TICK)(process.tick)


class _Request(Request):
    """Connects again when a message cannot be acknowledged.

    Celery only logs that. A worker that holds as many messages as it may would then wait for
    ever: it asks for no other, and so does not even notice that the connection is gone.
    """

    def acknowledge(self) -> None:
        """Acknowledge the message once."""
        if self.acknowledged:
            return
        self.acknowledged = True
        try:
            self.message.ack()
        except (*self.connection_errors, OSError) as error:
            log.warning("message.not_acknowledged", error=str(error))
            if (loop := get_event_loop()) is not None:
                loop.call_soon(_raise, error)


class _Task(Task[Any, Any]):
    Request = f"{__name__}:{_Request.__name__}"


def _raise(error: Exception) -> None:
    """Let the loop of the consumer see an error; it connects again."""
    raise error


class _Draining:
    """Carries the wish to stop between Celery's main process and those that do the work."""

    def __init__(self, process: WorkerProcess) -> None:
        self._asked, self._failed = Event(), Event()
        self._process = process

    @property
    def failed(self) -> bool:
        """Whether a process could not open the service."""
        return bool(self._failed.is_set())

    def ask(self) -> None:
        """Let every process come to a safe place."""
        self._asked.set()

    def start_process(self) -> None:
        """Open the service in a process; end the worker when that cannot be done."""
        try:
            # Its place in the pool, which the pool gives to whoever takes a dead one's.
            self._process.start(int(getattr(current_process(), "index", 0)))
        except Exception:
            log.exception("worker.not_started")
            self._failed.set()
            os.kill(os.getppid(), signal.SIGTERM)
            return
        threading.Thread(target=self._wait, name="draining", daemon=True).start()

    def _wait(self) -> None:
        self._asked.wait()
        self._process.drain()


def _keep_logs(**_: Any) -> None:
    """Leave the logs as the command set them up, without a line for each message."""
    for noisy in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
