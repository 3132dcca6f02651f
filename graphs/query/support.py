"""Does a passage support a sentence? Answered without a model, in under a millisecond."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a passage supports a sentence, and with which of its words.

    `score` lies between 0 and 1. `start` and `end` are the offsets, within the passage, of
    the evidence, which is quoted. `reason` names the first check that failed.
    """

    supported: bool
    score: float
    start: int
    end: int
    reason: str | None = None


def judge(
    sentence: str,
    passage: str,
    *,
    language: str = "en",
    title: str = "",
    min_score: float = 0.6,
) -> Verdict:
    """Tell whether `passage` supports `sentence`."""
    raise NotImplementedError
