"""When verified queries are used again; apart from the matching, which reads SQL's grammar."""

from pydantic import BaseModel, ConfigDict, Field


class RecallSettings(BaseModel):
    """When a verified query is used again; all figures lie between 0 and 1.

    At `certain` the masked questions are the same but for small words. Below it a candidate
    needs the probability `sure` of asking for the same (see `Features.probability`). Two words
    mean the same at a likeness of `word`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    certain: float = Field(default=0.95, ge=0, le=1)
    sure: float = Field(default=0.3, ge=0, le=1)
    word: float = Field(default=0.55, ge=0, le=1)
    shown: int = Field(default=3, ge=0, le=10)
