"""Copies released prompts into Langfuse's prompt management, for people to look at.

The way is one way: the service runs what is in its catalogue, and takes nothing from there. The
interface is Langfuse's public HTTP API (`/api/public/v2/prompts`, Basic auth with the keys of a
project); its own client would bring tracing along, which is not needed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote

import httpx

from prompts.catalogue import Catalogue
from prompts.compiled import Compiled, InputPart, Variant
from prompts.errors import PushError
from prompts.manifest import State

ACTIVE_LABEL: Final = "production"
"""Langfuse shows the version of this label as the one in use."""
PREFIX: Final = "cicerone"
TIMEOUT_S: Final = 30.0
_PATH: Final = "/api/public/v2/prompts"


class PushOutcome(StrEnum):
    """What a push did with a version."""

    CREATED = "created"
    LABELLED = "labelled"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One version at the other side; `name` is its name there."""

    name: str
    version: str
    labels: tuple[str, ...]
    outcome: PushOutcome


class PromptServer:
    """A Langfuse server; use it in a `with` block."""

    def __init__(
        self, base_url: str, *, public_key: str, secret_key: str, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"), auth=(public_key, secret_key), timeout=timeout_s
        )

    def __enter__(self) -> "PromptServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def push(self, catalogue: Catalogue, names: Sequence[str] = ()) -> Iterator[Pushed]:
        """Send every released version that is not there yet, and say which one is active.

        Each combination of flags becomes a prompt of its own. A second push changes nothing.

        Raises:
            PromptNotFoundError: there is no prompt of such a name.
            PushError: the server refuses, does not answer, or has another text under the label
                of a version.
        """
        active_versions = {
            name: catalogue.get(name).ref.version for name in names or _active(catalogue)
        }
        for name, active in active_versions.items():
            for version, entry in catalogue.manifest[name].versions.items():
                if entry.state is not State.RELEASED:
                    continue
                compiled = catalogue.get(name, version).compiled
                labels = (version, ACTIVE_LABEL) if version == active else (version,)
                for variant in compiled.variants:
                    yield self._push(compiled, variant, labels, entry.note)

    def _push(
        self, compiled: Compiled, variant: Variant, labels: tuple[str, ...], note: str
    ) -> Pushed:
        body = describe(compiled, variant, labels, note)
        known = self._find(body["name"], compiled.version)
        if known is None:
            self._send("POST", _PATH, json=body)
            outcome = PushOutcome.CREATED
        else:
            _require_same(body, known)
            outcome = self._label(known, labels)
        return Pushed(name=body["name"], version=compiled.version, labels=labels, outcome=outcome)

    def _find(self, name: str, label: str) -> dict[str, Any] | None:
        """Ask whether a version is there; its text is compared by hash and never used."""
        path = f"{_PATH}/{quote(name, safe='')}"
        answer = self._send("GET", path, params={"label": label}, missing_is_fine=True)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        found: dict[str, Any] = answer.json()
        return found

    def _label(self, known: Mapping[str, Any], labels: tuple[str, ...]) -> PushOutcome:
        if set(labels) <= set(known.get("labels", ())):
            return PushOutcome.UNCHANGED
        path = f"{_PATH}/{quote(known['name'], safe='')}/versions/{known['version']}"
        self._send("PATCH", path, json={"newLabels": list(labels)})
        return PushOutcome.LABELLED

    def _send(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        missing_is_fine: bool = False,
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=json, params=params)
        except httpx.HTTPError as error:
            raise PushError(f"{self._client.base_url} does not answer: {error}") from error
        missing = missing_is_fine and answer.status_code == httpx.codes.NOT_FOUND
        if not answer.is_success and not missing:
            said = " ".join(answer.text.split())[:200]
            raise PushError(f"{method} {answer.url}: {answer.status_code} {said}")
        return answer


def _active(catalogue: Catalogue) -> list[str]:
    return [name for name, entry in catalogue.manifest.items() if entry.active]


def describe(
    compiled: Compiled, variant: Variant, labels: Sequence[str], note: str
) -> dict[str, Any]:
    """Return the body that creates a chat prompt; inputs become `{{name}}`."""
    name = ".".join((f"{PREFIX}/{compiled.name}", *variant.flags))
    messages = [
        {
            "role": message.role.value,
            "content": "".join(
                f"{{{{{part.input}}}}}" if isinstance(part, InputPart) else part.text
                for part in message.parts
            ),
        }
        for message in variant.messages
    ]
    config = {
        "sha256": compiled.source_sha256,
        "flags": list(variant.flags),
        "temperature": compiled.temperature,
        "max_output_tokens": compiled.max_output_tokens,
        "output_schema": compiled.output_schema,
        "tools": [tool.model_dump() for tool in compiled.tools],
    }
    return {
        "type": "chat",
        "name": name,
        "prompt": messages,
        "config": config,
        "labels": list(labels),
        "tags": [PREFIX],
        "commitMessage": note or f"{compiled.name} {compiled.version}",
    }


def _require_same(body: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    there = (known.get("config") or {}).get("sha256")
    if there != body["config"]["sha256"]:
        raise PushError(
            f"{body['name']}: another text has the label {body['labels'][0]!r} there; "
            "take the label away, or release a new version"
        )
