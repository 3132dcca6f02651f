"""The count of hits after deletes, against an application in this process and a broken one."""

import itertools
from typing import Any

import httpx
import pytest

from evals.deletion import measure_deletes


class Shelf:
    """Enough of the API to delete from; `forgets` says whether deletes work."""

    def __init__(self, *, forgets: bool) -> None:
        self._forgets = forgets
        self._texts: dict[str, tuple[str, str]] = {}
        self._ids = itertools.count()

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "DELETE":
            if self._forgets:
                self._texts.pop(path.rpartition("/")[2], None)
            return httpx.Response(204)
        if path == "/api/search":
            return httpx.Response(200, json={"hits": self._hits(request.content)})
        if path.startswith("/api/jobs/"):
            return httpx.Response(200, json={"status": "succeeded"})
        if request.method == "POST":
            self._take(request.content)
            return httpx.Response(202, json={"job_id": "j1"})
        rows = [{"source": name, "document_id": id} for id, (name, _) in self._texts.items()]
        offset = int(request.url.params["offset"])
        return httpx.Response(200, json={"documents": rows[offset:]})

    def _take(self, form: bytes) -> None:
        known = {name: id for id, (name, _) in self._texts.items()}
        for part in form.split(b'filename="')[1:]:
            name, _, text = part.decode().partition('"')
            id = known.get(name) or f"d{next(self._ids)}"
            if id not in self._texts:
                self._texts[id] = (name, text)

    def _hits(self, body: bytes) -> list[dict[str, Any]]:
        word = body.decode().partition('"query":"')[2].partition('"')[0]
        return [{"document_id": id} for id, (_, text) in self._texts.items() if word in text]


@pytest.mark.parametrize("forgets", [True, False])
async def test_hits_after_a_delete_are_counted(forgets: bool) -> None:
    transport = httpx.MockTransport(Shelf(forgets=forgets).answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://shelf") as client:
        report = await measure_deletes(client, documents=30, clients=0)
    assert (report["deletes"], report["searches_for_deleted"]) == (30, 30)
    assert (report["hits_after_delete"], report["came_back"]) == ((0, 0) if forgets else (30, 30))
