"""What guards decide, and by which rules of the collection."""

from dataclasses import dataclass

from graphs.query.guarding.settings import Policies
from providers.types import GuardStage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One decision: at which stage, by which rule, what was done; `score` lies in 0..1."""

    stage: GuardStage
    rule: str
    action: str
    score: float
    message: str
    document_id: str | None = None
    chunk_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a question is not answered: the rule, and what the user is told."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRules:
    """The policies that hold for a run, and the topics of its collection."""

    policies: Policies
    topics: tuple[str, ...] = ()
