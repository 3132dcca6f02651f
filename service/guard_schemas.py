"""What the service says of guards."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from graphs.query.guarding.settings import Action, Family
from service.schemas import Request, Shape

Topic = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class GuardsBody(Request):
    """What to change of a collection's guards; what is left out stays.

    An action of null gives a family back to the settings.
    """

    policies: dict[Family, Action | None] | None = None
    topics: list[Topic] | None = Field(default=None, max_length=50)


class GuardsRead(Shape):
    """A collection's guards: all policies that hold, and which of them are its own."""

    collection: str
    policies: dict[Family, Action]
    own: dict[Family, Action]
    topics: list[str]


class VerdictRead(Shape):
    """One decision of a guard; `score` lies between 0 and 1."""

    id: str
    stage: str
    rule: str
    action: str
    score: float
    message: str
    collection: str | None
    document_id: str | None
    chunk_id: str | None
    trace_id: str | None
    conversation_id: str | None
    created_at: datetime


class VerdictPage(Shape):
    """A page of decisions, newest first."""

    verdicts: list[VerdictRead]
    total: int
