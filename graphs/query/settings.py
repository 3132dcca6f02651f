"""What can be configured of answering."""

from pydantic import BaseModel, ConfigDict, Field


class QuerySettings(BaseModel):
    """How questions are answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_question_chars: int = Field(default=4000, ge=1, le=100_000)
