"""Takes files in: from the browser to a temporary file, into a job, and follows the job."""

import os
import re
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
from nicegui import background_tasks, ui
from nicegui.elements.upload_files import FileUpload
from nicegui.events import GenericEventArguments, UploadEventArguments

from api.filenames import clean_filename
from console.arrivals import Arrival, Arrivals
from console.arrivals_view import arrivals_html
from console.choice import preferred
from console.dom import Tag, button, tag
from console.identity import Visitor
from console.problems import FAILURES, problem_of
from console.wording import size
from service.container import Container
from service.errors import UploadRefusedError
from service.library import Upload
from service.schemas import JobRead, JobStatus

GATHER_S: Final = 0.4
"""Seconds without another file after which those that have come go into one job."""
_MIB: Final = 2**20
_NAME: Final = r"^[a-z0-9][a-z0-9_\-]{0,62}$"
_ON_REJECTED: Final = """(entries) => emit(entries.map(
    (entry) => [entry.file.name, entry.file.size, entry.failedPropValidation]))"""
_ON_FAILED: Final = """(info) => emit(info.files.map(
    (file) => [file.name, file.size, info.xhr?.status || 0]))"""
_DROP: Final = """
<div class="drop">
  <span class="icon" aria-hidden="true">upload_file</span>
  <p><strong>Drop files here</strong> or
    <button type="button" class="link" @click.stop="props.pickFiles">choose them</button></p>
  <p class="aside small">PDF, DOCX, PPTX, XLSX, HTML, Markdown, text and mail</p>
  <q-uploader-add-trigger />
</div>"""
_SENDING: Final = """
<ul class="arrivals" v-if="props.files.some(f => f.__status === 'uploading')">
  <li class="busy" v-for="file in props.files.filter(f => f.__status === 'uploading')"
      :key="file.__key">
    <span class="what"><span class="name">{{ file.name }}</span>
      <span class="under">{{ file.__sizeLabel }}</span></span>
    <span class="status busy">Sending</span>
    <progress :value="file.__progress" max="1" :aria-label="file.name"></progress>
  </li>
</ul>"""


class Intake:
    """The place where files are dropped, and the list of those on their way."""

    def __init__(
        self,
        container: Callable[[], Container],
        visitor: Visitor,
        collections: Sequence[str],
        arrived: Callable[[], Awaitable[None]],
    ) -> None:
        self._container = container
        self._visitor = visitor
        self._arrived = arrived
        self._arrivals = Arrivals()
        default = container().settings.query.default_collection
        self._target = preferred(collections, default)
        self._waiting: list[tuple[Arrival, Upload]] = []
        limit = container().settings.server.max_upload_mb * _MIB
        with tag("section", classes="intake", aria_label="Add documents"):
            self._collection_field(collections)
            self._zone(limit)
            self._list = ui.html("").classes("arriving")
            self._clear = button("Clear the list", classes="ghost small").on("click", self._forget)
        self._gather = ui.timer(GATHER_S, self._submit, active=False)
        self._place: Tag = tag("span", classes="sr-only")
        self._draw()
        ui.timer(0.1, self._follow_unfinished, once=True)

    def _collection_field(self, collections: Sequence[str]) -> None:
        with tag("label", classes="choice"):
            tag("span", "Add to collection", classes="choice-label")
            field = tag(
                "input",
                list="collections",
                pattern=_NAME,
                title="Small letters, digits, - and _",
                maxlength="63",
            )
            # As an attribute: what the visitor types stays when the page is drawn again.
            field.props["^value"] = self._target
        with tag("datalist", id="collections"):
            for name in collections:
                tag("option", value=name)
        field.on("input", self._choose, js_handler="(e) => emit(e.target.value.trim())")

    def _choose(self, event: GenericEventArguments) -> None:
        self._target = str(event.args)

    def _zone(self, limit: int) -> None:
        zone = ui.upload(
            multiple=True, auto_upload=True, max_file_size=limit, on_upload=self._received
        ).classes("zone")
        zone.props("flat square no-thumbnails")
        zone.add_slot("header", _DROP)
        zone.add_slot("list", _SENDING)
        zone.on("rejected", lambda event: self._rejected(event, limit), js_handler=_ON_REJECTED)
        zone.on("failed", self._failed, js_handler=_ON_FAILED)
        zone.on("uploaded", lambda: zone.run_method("removeUploadedFiles"), args=[])

    async def _received(self, event: UploadEventArguments) -> None:
        name = clean_filename(event.file.name)
        twin = self._arrivals.underway(name)
        arrival = self._arrivals.add(name, event.file.size())
        if twin:
            arrival.refuse("Same name", "Another file of this name is on its way; rename one.")
        self._draw()
        if twin:
            return
        path = await _spooled(event.file)
        self._waiting.append((arrival, Upload(source=arrival.source, path=path)))
        self._gather.deactivate()
        self._gather.activate()

    def _rejected(self, event: GenericEventArguments, limit: int) -> None:
        for name, weight, rule in event.args:
            arrival = self._arrivals.add(name, weight)
            if rule == "max-file-size":
                arrival.refuse("Too large", f"The limit is {size(limit)}; split the file.")
            elif rule != "duplicate":
                arrival.refuse("Refused", "The browser would not send this file.")
        self._draw()

    def _failed(self, event: GenericEventArguments) -> None:
        for name, weight, status in event.args:
            self._arrivals.add(name, weight).refuse(
                "Not sent", f"The connection broke or the server refused it ({status}); try again."
            )
        self._draw()

    async def _submit(self) -> None:
        self._gather.deactivate()
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        uploads = [upload for _, upload in waiting]
        try:
            if not re.fullmatch(_NAME, self._target):
                raise UploadRefusedError(
                    "a collection has a name of small letters, digits, - and _; add the file again"
                )
            principal = await self._visitor.principal()
            job = await self._container().library.submit(principal, self._target, uploads)
        except FAILURES as error:
            problem = problem_of(error)
            for arrival, upload in waiting:
                arrival.refuse(problem.title, problem.detail)
                await _discard(upload.path)
            self._draw()
            return
        self._follow(job, [arrival for arrival, _ in waiting])

    async def _follow_unfinished(self) -> None:
        """Take up jobs that were begun before this page was opened."""
        try:
            jobs = await self._container().jobs.list(await self._visitor.principal())
        except FAILURES:
            return
        for job in jobs:
            if job.finished_at is None and job.total:
                self._follow(job, [self._arrivals.add(f"{job.total} files from before")])

    def _follow(self, job: JobRead, arrivals: list[Arrival]) -> None:
        background_tasks.create(self._watch(job, arrivals), name="console job", context=self._place)

    async def _watch(self, job: JobRead, arrivals: list[Arrival]) -> None:
        principal = await self._visitor.principal()
        jobs = self._container().jobs
        events: Any = jobs.events(principal, job.job_id)
        async with aclosing(events):
            async for event in events:
                if self._list.is_deleted:
                    return
                self._arrivals.take(event, arrivals)
                self._draw()
        self._close(await jobs.get(principal, job.job_id), arrivals)
        self._draw()
        await self._arrived()

    def _close(self, job: JobRead, arrivals: list[Arrival]) -> None:
        """Take what the job's report says of files whose events said nothing."""
        outcomes = {d["source"]: d for d in (job.result or {}).get("documents", [])}
        for arrival in arrivals:
            if arrival.ended:
                continue
            if arrival.source in outcomes:
                arrival.finish(outcomes[arrival.source])
            elif job.status is JobStatus.SUCCEEDED:
                arrival.state, arrival.tone, arrival.share = "Done", "good", 1.0
            else:
                arrival.refuse(
                    "Cancelled" if job.status is JobStatus.CANCELLED else "Failed",
                    job.message or "Add the file again.",
                )

    def _forget(self) -> None:
        self._arrivals.clear_ended()
        self._draw()

    def _draw(self) -> None:
        self._list.content = arrivals_html(self._arrivals.all)
        self._clear.set_visibility(any(arrival.ended for arrival in self._arrivals.all))


async def _discard(path: Path) -> None:
    await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))


async def _spooled(file: FileUpload) -> Path:
    """Write an upload to a temporary file, which the library then takes over."""
    handle, name = tempfile.mkstemp(prefix="cicerone-upload-")
    os.close(handle)
    path = Path(name)
    await file.save(path)
    return path
