"""Scores the labelled pairs: precision, recall and F1, beside what word overlap reaches."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from evals.jsonl import read_rows
from graphs.query.support import judge
from providers.chat_model.reading.words import content_stems

PAIRS = Path(__file__).with_name("pairs.jsonl")

Predictor = Callable[["Pair"], bool]


class Pair(BaseModel):
    """A sentence, a passage, and whether the passage supports the sentence.

    `kind` says how an unsupported sentence goes wrong or how a supported one is worded.
    Pairs of one passage are in one split; rules are tuned on `dev` only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    language: str
    split: Literal["dev", "test"]
    kind: str
    supported: bool
    passage: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often a predictor was right; "positive" means that it called a sentence supported."""

    pairs: int
    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        """Share of the sentences called supported that are."""
        called = self.true_positives + self.false_positives
        return self.true_positives / called if called else 1.0

    @property
    def recall(self) -> float:
        """Share of the supported sentences that were called so."""
        real = self.true_positives + self.false_negatives
        return self.true_positives / real if real else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def accuracy(self) -> float:
        """Share of the pairs that were judged rightly."""
        return 1.0 - (self.false_positives + self.false_negatives) / max(self.pairs, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportReport:
    """Scores of support scoring and of word overlap, by split, by kind and by language.

    Keys of the mappings are `<split>`, `<split>/<kind>` and `<split>/<language>`.
    """

    rules: dict[str, Score]
    overlap: dict[str, Score]
    overlap_threshold: float


def load_pairs(path: Path = PAIRS) -> list[Pair]:
    """Load the labelled pairs."""
    return list(read_rows(path, Pair))


def by_rules(pair: Pair) -> bool:
    """Judge a pair as the query graph does."""
    return judge(pair.sentence, pair.passage, language=pair.language).supported


def overlap(pair: Pair) -> float:
    """Return the share of a sentence's stems that the passage has: the baseline."""
    said = content_stems(pair.sentence, pair.language)
    held = set(content_stems(pair.passage, pair.language))
    return sum(word in held for word in said) / len(said) if said else 0.0


def score(pairs: Iterable[Pair], predict: Predictor) -> Score:
    """Count how often `predict` is right."""
    judged = [(pair.supported, predict(pair)) for pair in pairs]
    return Score(
        pairs=len(judged),
        true_positives=sum(real and called for real, called in judged),
        false_positives=sum(called and not real for real, called in judged),
        false_negatives=sum(real and not called for real, called in judged),
    )


def report(pairs: Sequence[Pair]) -> SupportReport:
    """Score both predictors; the baseline's threshold is the most accurate one on `dev`."""
    threshold = best_threshold([pair for pair in pairs if pair.split == "dev"])

    def by_overlap(pair: Pair) -> bool:
        return overlap(pair) >= threshold

    return SupportReport(
        rules=_scores(pairs, by_rules),
        overlap=_scores(pairs, by_overlap),
        overlap_threshold=threshold,
    )


def best_threshold(pairs: Sequence[Pair]) -> float:
    """Return the overlap (0..1, steps of 0.05) that judges most of `pairs` rightly."""
    steps = [step / 20 for step in range(1, 21)]

    def accuracy(threshold: float) -> float:
        return score(pairs, lambda pair: overlap(pair) >= threshold).accuracy

    return max(steps, key=accuracy)


def _scores(pairs: Sequence[Pair], predict: Predictor) -> dict[str, Score]:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        for key in (
            pair.split,
            f"{pair.split}/{pair.kind}",
            f"{pair.split}/{pair.language}",
        ):
            groups.setdefault(key, []).append(pair)
    return {key: score(group, predict) for key, group in sorted(groups.items())}
