"""Questions to databases whose queries a person has approved."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned

_HASH_CHARS = 64


class ExampleState(StrEnum):
    """Whether a verified query may be used; `stale` ones no longer fit their database."""

    APPROVED = "approved"
    STALE = "stale"


class SqlExample(Owned):
    """A question and the SELECT that answers it, with literal values and without the tenant.

    `approved_by` is the subject of the person who read the query. `schema_hash` is the schema
    that it was last validated against, at `validated_at`; `problem` says why it is stale.
    """

    __tablename__ = "sql_examples"
    __table_args__ = (Index(None, "tenant_id", "datasource"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    datasource: Mapped[str]
    question: Mapped[str] = mapped_column(Text)
    sql: Mapped[str] = mapped_column(Text)
    state: Mapped[ExampleState] = mapped_column(word(ExampleState))
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]
    schema_hash: Mapped[str] = mapped_column(String(_HASH_CHARS))
    validated_at: Mapped[datetime]
    problem: Mapped[str | None] = mapped_column(Text)
