"""Fifth node: lets a chat model write, and lets each sentence leave once it is checked."""

from contextlib import aclosing
from dataclasses import asdict, replace
from time import perf_counter

from graphs.models import Call, Models, Role
from graphs.query.citations import CitationChecker
from graphs.query.errors import AnswerUnavailableError
from graphs.query.guarding.answers import AnswerGuard
from graphs.query.guarding.inspecting import Guards
from graphs.query.guarding.rulings import Verdict
from graphs.query.guarding.telling import tell
from graphs.query.messages import build_messages
from graphs.query.sentence_stream import SentenceStream
from graphs.query.settings import AnswerSettings
from graphs.query.state import CheckedSentence, ModelCall, QueryState
from graphs.query.steps import Turn
from prompts.catalogue import Catalogue
from prompts.rendering import Prompt, Rendered
from providers.chat_model.abstention import is_abstention
from providers.errors import ProviderError
from providers.types import ChatRequest, GuardStage, Usage

PROMPT = "synthesize"
"""The prompt that answers are written with."""


async def synthesize(
    state: QueryState,
    turn: Turn,
    *,
    models: Models,
    settings: AnswerSettings,
    prompts: Catalogue,
    guards: Guards | None = None,
) -> QueryState:
    """Stream the answer by checked sentence; fall back when the model fails.

    Without passages no model is asked. When a model fails after sentences have left, they
    stay and the answer says that it stopped early; before, another model writes it.

    Raises:
        AnswerUnavailableError: every model failed before a sentence left.
        BudgetExceededError: the money of the day is spent.
    """
    if not state["grounding"]:
        return {"sentences": [], "calls": []}
    guard = AnswerGuard(guards, state, turn) if guards is not None else None
    writing = _Writing(state, turn, settings, prompts.get(PROMPT), guard)
    failures: list[str] = []
    avoid: frozenset[str] = frozenset()
    while True:
        try:
            await writing.write(models, avoid)
        except ProviderError as error:
            if not writing.began:
                raise AnswerUnavailableError("; ".join([*failures, str(error)])) from error
            failures.append(f"{writing.model} failed: {error}")
            avoid |= {writing.model}
            if writing.sentences:
                writing.degraded.append(f"the answer stopped early: {failures[-1]}")
                break
        else:
            if failures:
                reason = "; ".join(failures)
                writing.degraded.append(f"the answer was written by {writing.model}: {reason}")
            break
    return {
        "sentences": writing.sentences,
        "calls": writing.calls,
        "degraded": [*writing.degraded, *(guard.degraded if guard else ())],
        "citations": writing.checker.citations,
        "verdicts": [*writing.verdicts, *(guard.verdicts if guard else ())],
    }


class _Writing:
    """The answer while it is being written, by one model or by two."""

    def __init__(
        self,
        state: QueryState,
        turn: Turn,
        settings: AnswerSettings,
        prompt: Prompt,
        guard: AnswerGuard | None = None,
    ) -> None:
        self.verdicts: list[Verdict] = []
        self._guard = guard
        self.sentences: list[CheckedSentence] = []
        self.calls: list[ModelCall] = []
        self.degraded: list[str] = []
        self.checker = CitationChecker(
            state["passages"], language=state["language"], min_support=settings.min_support
        )
        self.model = ""
        self._turn = turn
        asked = _asked(state, prompt)
        self._call = Call(
            principal=turn.principal,
            role=Role.SYNTHESIZE,
            request=_request(state, asked, settings),
            prompt=asked.ref,
            trace_id=turn.trace_id,
            detail={"retrieved": [passage.chunk_id for passage in state["passages"]]},
        )

    @property
    def began(self) -> bool:
        """Whether the model that was asked last has said anything."""
        return bool(self.model)

    async def write(self, models: Models, avoid: frozenset[str]) -> None:
        """Let a model that is not in `avoid` write, and let out what passes.

        Raises:
            ProviderError: the model failed; what left before stays in `sentences`.
        """
        self.model = ""
        started = perf_counter()
        usage, error = Usage(), None
        stream = SentenceStream()
        deltas = models.stream(replace(self._call, avoid=avoid), degraded=self.degraded)
        try:
            async with aclosing(deltas) as open_deltas:
                async for delta in open_deltas:
                    self.model = delta.model or self.model
                    usage = delta.usage or usage
                    complete = stream.finish() if delta.ended else stream.feed(delta.text)
                    for sentence in complete:
                        await self._let_out(sentence)
            for sentence in stream.finish():
                await self._let_out(sentence)
        except ProviderError as failed:
            error = str(failed)
            raise
        finally:
            took = (perf_counter() - started) * 1000
            if self.began:
                self.calls.append(
                    ModelCall(model=self.model, usage=usage, latency_ms=took, error=error)
                )

    async def _let_out(self, written: str) -> None:
        checked = self.checker.check(written)
        if checked is None:
            self._flag(written)
            return
        if self._guard is not None:
            guarded = await self._guard.let_out(checked.text)
            if guarded is None:
                return
            checked = replace(checked, text=guarded)
        space = written[: len(written) - len(written.lstrip())]
        separator = "" if not self.sentences else ("\n" if "\n" in space else " ")
        known = {citation.marker for kept in self.sentences for citation in kept.citations}
        text = separator + checked.text
        self.sentences.append(CheckedSentence(text=text, citations=checked.citations))
        self._turn.emit({"type": "token", "text": text})
        for citation in checked.citations:
            if citation.marker not in known:
                self._turn.emit({"type": "citation", **asdict(citation)})

    def _flag(self, written: str) -> None:
        if not any(character.isalnum() for character in written) or is_abstention(written):
            return
        verdict = Verdict(
            stage=GuardStage.ANSWER,
            rule="unsupported_sentence",
            action="removed",
            score=1.0,
            message="A sentence was removed because no passage supports it.",
        )
        self.verdicts.append(verdict)
        tell(self._turn, verdict)


def _asked(state: QueryState, prompt: Prompt) -> Rendered:
    return build_messages(
        prompt,
        state["question"],
        state["grounding"],
        language=state["language"],
        history=state.get("history", ()),
    )


def _request(state: QueryState, asked: Rendered, settings: AnswerSettings) -> ChatRequest:
    return ChatRequest(
        messages=asked.messages,
        question=state["question"],
        passages=tuple(state["grounding"]),
        max_output_tokens=settings.max_output_tokens,
        temperature=asked.temperature,
    )
