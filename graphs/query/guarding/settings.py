"""What an operator may set of the guards: the section `guards` of the configuration."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from providers.types import GuardStage


class Family(StrEnum):
    """Kinds of rules that share a policy.

    `injection`: orders to the model in a question or an answer; `instructions`: the same in a
    passage; `hidden`: invisible characters.
    """

    INJECTION = "injection"
    INSTRUCTIONS = "instructions"
    SECRETS = "secrets"
    PII = "pii"
    OFF_TOPIC = "off_topic"
    LANGUAGE = "language"
    HIDDEN = "hidden"


class Action(StrEnum):
    """What is done about a finding.

    `block` refuses the question, drops the passage or the sentence. `redact` takes what was
    found out of the text for everybody. `flag` reports it, and leaves the sentence out of what
    the model sees when it stands in a passage. `off` does not look.
    """

    BLOCK = "block"
    REDACT = "redact"
    FLAG = "flag"
    OFF = "off"


class OnFailure(StrEnum):
    """What is done when a guardrail does not work: go on and say so, or refuse."""

    FLAG = "flag"
    BLOCK = "block"


Policies = Mapping[Family, Action]

DEFAULT_POLICIES: Policies = {
    Family.INJECTION: Action.BLOCK,
    Family.INSTRUCTIONS: Action.FLAG,
    Family.SECRETS: Action.REDACT,
    Family.PII: Action.OFF,
    Family.OFF_TOPIC: Action.BLOCK,
    Family.LANGUAGE: Action.OFF,
    Family.HIDDEN: Action.FLAG,
}


class OffTopicSettings(BaseModel):
    """When a question is off the topics that its collection declares.

    It is when no topic and no passage is alike: the cosine to each topic lies below
    `min_topic` and that to the best passage below `min_passage`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_topic: float = Field(default=0.25, ge=-1.0, le=1.0)
    min_passage: float = Field(default=0.35, ge=-1.0, le=1.0)


class GuardSettings(BaseModel):
    """Which guardrails look at what, and what is done about what they find.

    `options` are those of the guardrails, by name. A finding counts from `threshold` on.
    `policies` may name some families only; a collection's own come before them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    question: tuple[str, ...] = ("rules", "similarity")
    passage: tuple[str, ...] = ("rules", "similarity")
    answer: tuple[str, ...] = ("rules",)
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    threshold: float = Field(default=0.5, gt=0.0, le=1.0)
    policies: dict[Family, Action] = Field(default_factory=dict)
    on_failure: OnFailure = OnFailure.FLAG
    timeout_s: float = Field(default=5.0, gt=0)
    off_topic: OffTopicSettings = OffTopicSettings()

    @field_validator("policies", mode="before")
    @classmethod
    def _read_off(cls, given: Any) -> Any:
        """YAML reads a bare `off` as false."""
        if not isinstance(given, Mapping):
            return given
        return {name: "off" if value is False else value for name, value in given.items()}

    @model_validator(mode="after")
    def _knows_what_is_configured(self) -> Self:
        unused = set(self.options) - {*self.question, *self.passage, *self.answer}
        if unused:
            raise ValueError(f"options.{min(unused)}: no stage names this guardrail")
        return self

    def names(self, stage: GuardStage) -> tuple[str, ...]:
        """Return the guardrails of a stage, in the order in which they look."""
        return {
            GuardStage.QUESTION: self.question,
            GuardStage.PASSAGE: self.passage,
            GuardStage.ANSWER: self.answer,
        }[stage]

    def merged(self, own: Mapping[str, str] | None) -> Policies:
        """Return the policies that hold for a collection with policies of its own."""
        chosen = {Family(name): Action(action) for name, action in (own or {}).items()}
        return {**DEFAULT_POLICIES, **self.policies, **chosen}
