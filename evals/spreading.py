"""What jobs that are spread over worker processes must leave, and how fast they get there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.metrics import median


@dataclass(frozen=True, slots=True)
class Stored:
    """What an ingestion left: sources, digests of the chunks' texts, and how many vectors.

    `stray` counts vectors without a chunk and chunks without a vector.
    """

    sources: tuple[str, ...]
    chunks: tuple[str, ...]
    vectors: int
    stray: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One ingestion; `killed_after_s` is when a worker was killed, if one was.

    `cpu_s` is the processor time of the workers, `memory_mb` (10**6 bytes) what each of them
    has in memory at the end, parsers included. On a busy machine only these two mean much.
    """

    workers: int
    seconds: float
    status: str
    done: int
    stored: Stored
    killed_after_s: float | None = None
    cpu_s: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadReport:
    """Ingestions without a disturbance, and such during which a worker was killed."""

    undisturbed: Sequence[Trial]
    killed: Sequence[Trial]

    @property
    def reference(self) -> Stored:
        """What every trial should leave."""
        return self.undisturbed[0].stored

    @property
    def wrong(self) -> list[Trial]:
        """The trials that left something else, or did not succeed."""
        trials = [*self.undisturbed, *self.killed]
        return [trial for trial in trials if not self._is_right(trial)]

    def seconds(self, workers: int) -> float:
        """Return the median time of an undisturbed ingestion with so many workers."""
        return median([trial.seconds for trial in self.undisturbed if trial.workers == workers])

    @property
    def speed_up(self) -> float:
        """How many times faster the most workers were than the fewest."""
        counts = {trial.workers for trial in self.undisturbed}
        return self.seconds(min(counts)) / self.seconds(max(counts))

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        reference = self.reference
        return {
            "documents": len(reference.sources),
            "chunks": len(reference.chunks),
            "vectors": reference.vectors,
            "speed_up": round(self.speed_up, 2),
            "undisturbed": [_trial(trial) for trial in self.undisturbed],
            "killed": [_trial(trial) for trial in self.killed],
            "wrong": len(self.wrong),
        }

    def _is_right(self, trial: Trial) -> bool:
        return (
            trial.status == "succeeded"
            and not trial.stored.stray
            and trial.stored == self.reference
        )


def _trial(trial: Trial) -> dict[str, Any]:
    told = {name: value for name, value in asdict(trial).items() if name != "stored"}
    rounded = {name: round(told[name], 2) for name in ("seconds", "cpu_s", "memory_mb")}
    return {**told, **rounded, "stray": trial.stored.stray}
