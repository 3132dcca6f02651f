"""How questions about a database are answered."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from graphs.text_to_sql.recall_settings import RecallSettings


class SqlSettings(BaseModel):
    """The section `sql` of the settings.

    `today` stands for the day that relative times count from; without it, the machine's day.
    `values` is how many different texts of a column are indexed, for `values_s` seconds.
    `examples` is how many verified questions a model is shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_question_chars: int = Field(default=1000, ge=10, le=20_000)
    repairs: int = Field(default=2, ge=0, le=5)
    examples: int = Field(default=4, ge=0, le=20)
    clarifications: int = Field(default=3, ge=1, le=10)
    options: int = Field(default=4, ge=2, le=4)
    values: int = Field(default=2000, ge=0, le=100_000)
    values_s: float = Field(default=300.0, ge=0)
    today: date | None = None
    recall: RecallSettings = RecallSettings()
