"""What an answer hangs on, as keys of a cache and of an index of questions."""

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import BaseModel

from data.values import CollectionState
from graphs.query.state import Context
from providers.principal import Principal
from providers.types import ChatMessage

_QUESTIONS: Final = uuid.UUID("5b7c2f10-31a4-5c0e-8d1b-6f0d0b9a2c11")
"""Fixed for ever: changing it would leave all entries without their question."""
_ENDS: Final = " ?!.…。？！"
_NOT_OF_THE_ANSWER: Final = frozenset({"cache"})
"""What a caller may choose without the answer being another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and all that its answer hangs on.

    `language` is ISO 639-1; `earlier` are turns that the question still needs to be
    understood; `versions` names prompts, models and settings.
    """

    principal: Principal
    context: Context
    state: CollectionState
    question: str
    language: str
    versions: str
    earlier: Sequence[ChatMessage] = ()

    @property
    def tenant_id(self) -> str:
        """Whose question it is."""
        return self.principal.tenant_id

    @property
    def exact_key(self) -> str:
        """Key of the answer to this very question, until anything changes that is found."""
        turns = [(turn.role, turn.content) for turn in self.earlier]
        parts = [*self._parts, self.state.generation, normalise(self.question), turns]
        return f"answer:{self.tenant_id}:{_digest(parts)}"

    @property
    def scope(self) -> str:
        """Name of everything but the question's wording and what else is in the collection."""
        return _digest(self._parts)[:32]

    @property
    def point_id(self) -> str:
        """Id of the question in the index of questions."""
        parts = f"{self.tenant_id}\x1f{self.scope}\x1f{normalise(self.question)}"
        return str(uuid.uuid5(_QUESTIONS, parts))

    @property
    def _parts(self) -> list[Any]:
        chosen = {
            name: value
            for name, value in asdict(self.context).items()
            if name not in _NOT_OF_THE_ANSWER
        }
        # What a principal may see follows from its attributes.
        seen_as = sorted(self.principal.attributes.items())
        return [
            self.tenant_id,
            seen_as,
            self.state.collection_id,
            self.state.live_index,
            self.language,
            chosen,
            self.versions,
        ]


def entry_key(tenant_id: str, point_id: str) -> str:
    """Return the key of the answer that belongs to a point of an index of questions."""
    return f"question:{tenant_id}:{point_id}"


def questions_index(collection_id: str, fingerprint: str) -> str:
    """Return the name of the index of a collection's questions, by the embedder's fingerprint."""
    return f"q{collection_id.replace('-', '')[:16]}-{_digest([fingerprint])[:8]}"


def normalise(question: str) -> str:
    """Return a question without what no answer hangs on: case, spacing and its last mark."""
    composed = unicodedata.normalize("NFKC", question).casefold()
    return " ".join(composed.split()).rstrip(_ENDS)


def _digest(parts: list[Any]) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> Any:
    """Write what JSON has no form for, the same in every process."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Set):
        return sorted(map(str, value))
    return str(value)
