"""One question and what became of it, built up event by event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.problems import Problem, problem_in
from console.wording import count
from service.schemas import Answer, Citation, RunEvent

_DOING: Final = {
    "guard_input": "Reading the question",
    "condense": "Reading the conversation",
    "look_up": "Looking for an earlier answer",
    "retrieve": "Searching the documents",
    "look_again": "Looking again",
    "rerank": "Comparing passages",
    "fit_context": "Choosing passages",
    "synthesize": "Writing the answer",
    "check_citations": "Checking citations",
    "record": "Finishing",
}


@dataclass(slots=True)
class Exchange:
    """A question, the answer as far as it has come, and how the run ended."""

    question: str
    text: str = ""
    citations: dict[int, Citation] = field(default_factory=dict)
    doing: str = "Reading the question"
    answer: Answer | None = None
    problem: Problem | None = None
    flags: list[str] = field(default_factory=list)
    stopped: bool = False

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will come."""
        return self.stopped or self.answer is not None or self.problem is not None

    def apply(self, event: RunEvent) -> None:
        """Take in one event of the run; types without meaning for a reader are passed over."""
        match event.type:
            case "node.started":
                self.doing = _DOING.get(str(event.data.get("node")), self.doing)
            case "passages.retrieved":
                self._retrieved(event.data)
            case "token":
                self.text += str(event.data.get("text", ""))
            case "citation":
                self._cite(Citation.model_validate(event.data))
            case "guard.flagged":
                self.flags.append(str(event.data.get("message") or event.data.get("rule") or ""))
            case "run.finished":
                self._finish(Answer.model_validate(event.data))
            case "error":
                self.problem = problem_in(event.data)

    def _retrieved(self, data: Mapping[str, Any]) -> None:
        hits = data.get("hits")
        number = len(hits) if isinstance(hits, list) else hits
        self.doing = "Reading the passages" if number else "Nothing found so far"

    def _cite(self, citation: Citation) -> None:
        self.citations[citation.marker] = citation

    def _finish(self, answer: Answer) -> None:
        self.answer = answer
        self.text = answer.answer
        self.citations = {}
        for citation in answer.citations:
            self._cite(citation)

    def stop(self) -> None:
        """Note that the reader stopped the run; what was said stays."""
        self.stopped = not self.ended

    @property
    def summary(self) -> str:
        """Say in a sentence how things stand, for those who listen to the page."""
        if self.problem is not None:
            return f"{self.problem.title}. {self.problem.detail}"
        if self.stopped:
            return "Stopped."
        if self.answer is None:
            return f"{self.doing}…"
        if self.answer.abstained:
            return "No answer was found in the documents."
        return f"The answer is complete, with {count(len(self.citations), 'source')}."
