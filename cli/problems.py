"""Turns errors into the problems that the API answers with, and those into exit codes."""

import sys
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

EXIT_UNCLEAN: Final = 1
EXIT_USAGE: Final = 2
EXIT_SETTINGS: Final = 3
EXIT_NOT_FOUND: Final = 4
EXIT_UNAVAILABLE: Final = 5
EXIT_INTERRUPTED: Final = 130

_BY_TYPE: Final = {
    "settings-invalid": EXIT_SETTINGS,
    "database-url-invalid": EXIT_SETTINGS,
    "database-error": EXIT_UNAVAILABLE,
    "database-read-only": EXIT_UNAVAILABLE,
    "database-corrupt": EXIT_UNAVAILABLE,
    "prompt-catalogue-invalid": EXIT_SETTINGS,
}
"""What the status alone does not tell."""
_BY_STATUS: Final = {
    400: EXIT_USAGE,
    401: EXIT_SETTINGS,
    403: EXIT_SETTINGS,
    404: EXIT_NOT_FOUND,
    413: EXIT_USAGE,
    422: EXIT_USAGE,
    502: EXIT_UNAVAILABLE,
    503: EXIT_UNAVAILABLE,
    504: EXIT_UNAVAILABLE,
    507: EXIT_UNAVAILABLE,
}


class Problem(BaseModel):
    """An error as RFC 9457 problem details; `detail` is the message to act on."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ended with this problem."""
        slug = self.type.rsplit("/", 1)[-1]
        return _BY_TYPE.get(slug) or _BY_STATUS.get(self.status, EXIT_UNCLEAN)


class ProblemError(Exception):
    """A problem that is already worded: from the server, or from the command line itself."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class UsageProblemError(ProblemError):
    """The arguments cannot be used."""

    def __init__(self, detail: str) -> None:
        super().__init__(usage(detail))


def usage(detail: str) -> Problem:
    """Word a mistake in the arguments."""
    return Problem(
        type="/problems/usage",
        title="The command cannot be run like that",
        status=400,
        detail=detail,
    )


def problem_of(error: Exception) -> Problem:
    """Word any error the way the API does; what is not known becomes an internal error."""
    if isinstance(error, ProblemError):
        return error.problem
    # Only an error pays for these imports; a command that works never needs them.
    import httpx

    from api.problems import describe
    from data.errors import DatabaseError
    from evals.errors import DatasetError
    from prompts.errors import PromptError

    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, DatasetError | DatabaseError | PromptError):
        kind, detail = f"/problems/{error.type}", str(error)
        return Problem(type=kind, title=error.title, status=error.status, detail=detail)
    if isinstance(error, httpx.HTTPError):
        return _unreachable(error)
    found = describe(error).body()
    if found["type"].endswith("/internal-error"):
        found["detail"] = f"{type(error).__name__}: {error}; --debug shows where"
    return Problem.model_validate(found)


def _invalid(error: ValidationError) -> Problem:
    parts = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
    return Problem(
        type="/problems/validation-failed",
        title="The request is not valid",
        status=422,
        detail="; ".join(parts),
    )


def _unreachable(error: Exception) -> Problem:
    return Problem(
        type="/problems/server-unreachable",
        title="The server does not answer",
        status=503,
        detail=f"the server that owns this home folder does not answer: {error}",
    )


def report(problem: Problem, *, as_json: bool) -> None:
    """Print the message on stderr, and with `--json` the problem on stdout."""
    if as_json:
        from cli.output import write_json

        write_json(_document(problem))
    sys.stderr.write(f"error: {problem.title}: {problem.detail}\n")


def _document(problem: Problem) -> Mapping[str, Any]:
    return problem.model_dump(mode="json")
