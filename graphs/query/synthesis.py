"""Fifth node: lets a chat model write, and lets each sentence leave once it is checked."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, replace
from time import perf_counter
from typing import cast

from graphs.query.citations import CitationChecker
from graphs.query.errors import AnswerUnavailableError
from graphs.query.guarding.answers import AnswerGuard
from graphs.query.guarding.rulings import Verdict
from graphs.query.guarding.telling import tell
from graphs.query.messages import build_messages
from graphs.query.providers import QueryProviders
from graphs.query.sentence_stream import SentenceStream
from graphs.query.settings import AnswerSettings
from graphs.query.state import CheckedSentence, ModelCall, QueryState
from graphs.query.steps import Turn
from providers.chat_model.abstention import is_abstention
from providers.errors import ProviderError, TransientProviderError
from providers.protocols import ChatModel
from providers.types import ChatDelta, ChatRequest, GuardStage, Usage


async def synthesize(
    state: QueryState, turn: Turn, *, providers: QueryProviders, settings: AnswerSettings
) -> QueryState:
    """Stream the answer by checked sentence; fall back when the model fails.

    Without passages no model is asked. When a model fails after sentences have left, they
    stay and the answer says that it stopped early.

    Raises:
        AnswerUnavailableError: every model failed before a sentence left.
    """
    if not state["grounding"]:
        return {"sentences": [], "calls": []}
    guard = AnswerGuard(providers.guards, state, turn) if providers.guards is not None else None
    writing = _Writing(state, turn, settings, guard)
    failure = "no chat model is configured"
    for model in (providers.chat_model, providers.fallback):
        if model is None:
            continue
        try:
            await writing.write(model)
        except ProviderError as error:
            failure = f"{model.model} failed: {error}"
            writing.degraded.append(_describe(failure, writing, providers.fallback, model))
            if writing.sentences:
                break
        else:
            break
    else:
        raise AnswerUnavailableError(failure)
    return {
        "sentences": writing.sentences,
        "calls": writing.calls,
        "degraded": [*writing.degraded, *(guard.degraded if guard else ())],
        "citations": writing.checker.citations,
        "verdicts": [*writing.verdicts, *(guard.verdicts if guard else ())],
    }


def _describe(
    failure: str, writing: "_Writing", fallback: ChatModel | None, model: ChatModel
) -> str:
    if writing.sentences:
        return f"the answer stopped early: {failure}"
    if fallback is not None and fallback is not model:
        return f"the answer was written by {fallback.model}: {failure}"
    return f"no answer was written: {failure}"


class _Writing:
    """The answer while it is being written, by one model or by two."""

    def __init__(
        self,
        state: QueryState,
        turn: Turn,
        settings: AnswerSettings,
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
        self._turn = turn
        self._settings = settings
        self._request = ChatRequest(
            messages=build_messages(
                state["question"],
                state["grounding"],
                language=state["language"],
                history=state.get("history", ()),
            ),
            question=state["question"],
            passages=tuple(state["grounding"]),
            max_output_tokens=settings.max_output_tokens,
        )

    async def write(self, model: ChatModel) -> None:
        """Ask one model and let out what passes.

        Raises:
            ProviderError: the model failed; what left before stays in `sentences`.
        """
        started = perf_counter()
        usage, error = Usage(), None
        stream = SentenceStream()
        try:
            async for delta in _watched(model.stream(self._request), self._settings):
                usage = delta.usage or usage
                for sentence in stream.feed(delta.text):
                    await self._let_out(sentence)
            for sentence in stream.finish():
                await self._let_out(sentence)
        except ProviderError as failed:
            error = str(failed)
            raise
        finally:
            took = (perf_counter() - started) * 1000
            self.calls.append(
                ModelCall(model=model.model, usage=usage, latency_ms=took, error=error)
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


async def _watched(
    deltas: AsyncIterator[ChatDelta], settings: AnswerSettings
) -> AsyncIterator[ChatDelta]:
    """Pass on a model's pieces; close it when nobody listens, give up when it falls silent."""
    async with aclosing(cast(AsyncGenerator[ChatDelta, None], deltas)) as open_deltas:
        while True:
            try:
                async with asyncio.timeout(settings.idle_timeout_s):
                    delta = await anext(open_deltas)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise TransientProviderError(
                    f"no word within {settings.idle_timeout_s:g} s"
                ) from error
            yield delta
