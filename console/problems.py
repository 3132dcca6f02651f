"""What went wrong, in words for the person at the screen, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.problems import ProblemError, describe
from console.wording import sentence
from graphs.errors import GraphError
from providers.errors import ProviderError
from service.errors import ServiceError

FAILURES: Final = (GraphError, ServiceError, ProviderError, ProblemError)
"""What the service raises for a person to see; anything else is a fault of the program."""
_ADVICE: Final = "Try again; if it goes on, look at the health indicator at the top."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failure as a person should see it, the way out in `detail`; `trace_id` is in the logs."""

    title: str
    detail: str
    trace_id: str | None = None


def problem_of(error: BaseException) -> Problem:
    """Describe an error of the service, as the API would."""
    return problem_in(describe(error).body())


def problem_in(data: Mapping[str, Any]) -> Problem:
    """Describe the problem that an `error` event carries."""
    trace = data.get("trace_id")
    return Problem(
        title=str(data.get("title") or "The run failed"),
        detail=sentence(str(data.get("detail") or _ADVICE)),
        trace_id=None if trace is None else str(trace),
    )
