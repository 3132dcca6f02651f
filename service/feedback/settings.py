"""What can be configured of feedback."""

from pydantic import BaseModel, ConfigDict, Field


class FeedbackSettings(BaseModel):
    """Whether searches are kept for analytics and feedback, and for how many days.

    Without them nobody can vote on an answer: nothing says whose it was. `flush_s`: they are
    written in batches, this many seconds apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    keep_days: int = Field(default=90, ge=1)
    flush_s: float = Field(default=1.0, gt=0, le=60)
