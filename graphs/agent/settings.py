"""How the agent chooses."""

from pydantic import BaseModel, ConfigDict, Field


class AgentSettings(BaseModel):
    """The section `agent` of the settings.

    `calls` bounds how many tools a turn may call, `clarifications` how often it may ask back,
    `datasources` how many databases are looked at for one question. A verified question is taken
    for the asked one at a likeness of `alike`, 0 to 1, or when every word is explained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: int = Field(default=3, ge=1, le=10)
    clarifications: int = Field(default=3, ge=1, le=10)
    datasources: int = Field(default=8, ge=0, le=64)
    alike: float = Field(default=0.6, ge=0.0, le=1.0)
