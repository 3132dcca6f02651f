"""A push, against a real server on this machine that keeps prompts as Langfuse does."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from prompts.catalogue import Catalogue
from prompts.errors import PromptNotFoundError, PushError
from prompts.publishing import ACTIVE_LABEL, PromptServer, PushOutcome

PATH = "/api/public/v2/prompts"
KEYS = "Basic " + base64.b64encode(b"pk-1:sk-1").decode()


@dataclass
class Library:
    """Prompts by name; a label stands at one version only, as in Langfuse."""

    prompts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        versions = self.prompts.setdefault(body["name"], [])
        made = {**body, "version": len(versions) + 1, "labels": []}
        versions.append(made)
        return self.label(made, body["labels"])

    def label(self, prompt: dict[str, Any], labels: list[str]) -> dict[str, Any]:
        for each in self.prompts[prompt["name"]]:
            each["labels"] = [kept for kept in each["labels"] if kept not in labels]
        prompt["labels"] = sorted({*prompt["labels"], *labels})
        return prompt

    def find(self, name: str, label: str) -> dict[str, Any] | None:
        found = [each for each in self.prompts.get(name, []) if label in each["labels"]]
        return found[0] if found else None


class LibraryServer(ThreadingHTTPServer):
    """A server on a free port of this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.library = Library(url=f"http://127.0.0.1:{self.server_address[1]}/")


class Handler(BaseHTTPRequestHandler):
    """Answers from the library that its server keeps."""

    @property
    def library(self) -> Library:
        return cast(LibraryServer, self.server).library

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def read(self) -> Any:
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def allowed(self) -> bool:
        self.library.requests.append(f"{self.command} {self.path}")
        if self.headers["Authorization"] == KEYS:
            return True
        self.answer(401, {"message": "Invalid credentials"})
        return False

    def do_POST(self) -> None:
        body = self.read()
        if not self.allowed():
            return
        assert self.path == PATH
        self.answer(201, self.library.create(body))

    def do_GET(self) -> None:
        if not self.allowed():
            return
        url = urlsplit(self.path)
        name = unquote(url.path.removeprefix(PATH + "/"))
        found = self.library.find(name, parse_qs(url.query)["label"][0])
        self.answer(200 if found else 404, found or {"message": "Prompt not found"})

    def do_PATCH(self) -> None:
        body = self.read()
        if not self.allowed():
            return
        name, version = self.path.removeprefix(PATH + "/").split("/versions/")
        prompt = self.library.prompts[unquote(name)][int(version) - 1]
        self.answer(200, self.library.label(prompt, body["newLabels"]))


@pytest.fixture
def library() -> Iterator[Library]:
    server = LibraryServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.library
    server.shutdown()
    thread.join()
    server.server_close()


def server_of(library: Library, **changed: str) -> PromptServer:
    keys = {"public_key": "pk-1", "secret_key": "sk-1", **changed}
    return PromptServer(library.url, public_key=keys["public_key"], secret_key=keys["secret_key"])


def test_every_released_version_arrives_and_the_active_one_is_named(library: Library) -> None:
    with server_of(library) as server:
        pushed = list(server.push(Catalogue.load()))

    assert {each.outcome for each in pushed} == {PushOutcome.CREATED}
    first, second = library.prompts["cicerone/synthesize"]
    assert (first["labels"], second["labels"]) == (["v1"], [ACTIVE_LABEL, "v2"])
    assert second["type"] == "chat"
    assert second["tags"] == ["cicerone"]
    assert second["commitMessage"] == "names conflicts; sets quotations apart by a code"
    assert [message["role"] for message in second["prompt"]] == ["system", "user"]
    assert "begin quotation {{boundary}} ---\n{{passages}}\n---" in second["prompt"][1]["content"]
    assert second["config"]["sha256"] == Catalogue.load().get("synthesize").ref.sha256
    judge = library.prompts["cicerone/judge"][0]
    assert judge["config"]["output_schema"]["required"] == ["reason", "score", "supported"]
    assert judge["config"]["max_output_tokens"] == 200


def test_each_combination_of_flags_is_a_prompt_of_its_own(library: Library) -> None:
    with server_of(library) as server:
        list(server.push(Catalogue.load(), ["summarise"]))

    assert sorted(library.prompts) == ["cicerone/summarise", "cicerone/summarise.with_summary"]
    plain, extended = (library.prompts[name][0]["prompt"][1] for name in sorted(library.prompts))
    assert "{{summary}}" not in plain["content"]
    assert "{{summary}}" in extended["content"]


def test_a_second_push_changes_nothing(library: Library) -> None:
    with server_of(library) as server:
        list(server.push(Catalogue.load(), ["synthesize"]))
        before = json.dumps(library.prompts)
        library.requests.clear()
        again = list(server.push(Catalogue.load(), ["synthesize"]))

    assert {each.outcome for each in again} == {PushOutcome.UNCHANGED}
    assert json.dumps(library.prompts) == before
    assert {request.split()[0] for request in library.requests} == {"GET"}


def test_a_promotion_moves_the_label(library: Library) -> None:
    with server_of(library) as server:
        list(server.push(Catalogue.load(), ["synthesize"]))
        manifest = dict(Catalogue.load().manifest)
        back = manifest["synthesize"].model_copy(update={"active": "v1"})
        versions = ("v1", "v2")
        prompts = {("synthesize", v): Catalogue.load().get("synthesize", v) for v in versions}
        pushed = list(server.push(Catalogue({"synthesize": back}, prompts)))

    assert [each.outcome for each in pushed] == [PushOutcome.LABELLED, PushOutcome.UNCHANGED]
    first, second = library.prompts["cicerone/synthesize"]
    assert (first["labels"], second["labels"]) == ([ACTIVE_LABEL, "v1"], ["v2"])


def test_another_text_under_the_same_label_is_refused(library: Library) -> None:
    with server_of(library) as server:
        list(server.push(Catalogue.load(), ["hyde"]))
        library.prompts["cicerone/hyde"][0]["config"]["sha256"] = "0" * 64
        with pytest.raises(PushError, match="another text has the label 'v1'"):
            list(server.push(Catalogue.load(), ["hyde"]))


def test_wrong_keys_are_said_and_not_shown(library: Library) -> None:
    with (
        server_of(library, secret_key="sk-wrong") as server,
        pytest.raises(PushError, match=r"401.*Invalid credentials") as refused,
    ):
        list(server.push(Catalogue.load(), ["hyde"]))
    assert "sk-wrong" not in str(refused.value)


def test_a_server_that_is_away_is_said() -> None:
    with (
        PromptServer("http://127.0.0.1:9", public_key="a", secret_key="b") as server,
        pytest.raises(PushError, match=r"127\.0\.0\.1:9 does not answer"),
    ):
        list(server.push(Catalogue.load(), ["hyde"]))


def test_an_unknown_prompt_is_refused_before_anything_is_sent(library: Library) -> None:
    with server_of(library) as server, pytest.raises(PromptNotFoundError):
        list(server.push(Catalogue.load(), ["hyde", "hide"]))
    assert library.requests == []
