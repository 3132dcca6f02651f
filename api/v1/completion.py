"""Writes an answer as an OpenAI chat completion, whole or in chunks."""

import json
import time
from typing import Any

from fastapi.sse import format_sse_event

from api.error_handlers import log_server_error
from api.problems import describe
from api.v1.errors import openai_error
from api.v1.schemas import (
    Annotation,
    AnswerMessage,
    ChatCompletion,
    Choice,
    CompletionUsage,
    Extension,
    UrlCitation,
)
from service.schemas import Answer, RunEvent

_DONE = format_sse_event(data_str="[DONE]")


def completion(answer: Answer, *, model: str, base_url: str) -> ChatCompletion:
    """Return the whole answer in OpenAI's shape."""
    message = AnswerMessage(content=answer.answer, annotations=annotations(answer, base_url))
    return ChatCompletion(
        id=f"chatcmpl-{answer.trace_id}",
        created=int(time.time()),
        model=model,
        choices=[Choice(message=message)],
        usage=usage(answer),
        cicerone=_extension(answer),
    )


def usage(answer: Answer) -> CompletionUsage:
    """Count the tokens."""
    used = answer.usage
    return CompletionUsage(
        prompt_tokens=used.input_tokens,
        completion_tokens=used.output_tokens,
        total_tokens=used.input_tokens + used.output_tokens,
    )


def annotations(answer: Answer, base_url: str) -> list[Annotation]:
    """Tell for each citation where its marker stands and where its source can be opened."""
    found = []
    for citation in answer.citations:
        marker = f"[{citation.marker}]"
        start = max(0, answer.answer.find(marker))
        page = "" if citation.page is None else f"#page={citation.page}"
        url = f"{base_url}api/documents/{citation.document_id}/content{page}"
        place = UrlCitation(
            start_index=start, end_index=start + len(marker), title=citation.source, url=url
        )
        found.append(Annotation(url_citation=place, citation=citation.model_dump(mode="json")))
    return found


def _extension(answer: Answer) -> Extension:
    return Extension(
        abstained=answer.abstained,
        degraded=answer.degraded,
        conversation_id=answer.conversation_id,
        trace_id=answer.trace_id,
        cached=answer.cached,
        strategy=answer.strategy,
        conflicts=answer.conflicts,
    )


class ChunkEncoder:
    """Turns the events of a run into completion chunks; each token leaves as it comes."""

    def __init__(self, *, model: str, base_url: str, run_id: str, include_usage: bool) -> None:
        self._model = model
        self._base_url = base_url
        self._include_usage = include_usage
        self._id = f"chatcmpl-{run_id}"
        self._created = int(time.time())
        self._begun = False

    def encode(self, event: RunEvent) -> bytes:
        """Write one event; those that OpenAI clients have no place for are left out."""
        if event.type == "token":
            return self._text(str(event.data["text"]))
        if event.type == "run.finished":
            return self._finish(Answer.model_validate(event.data))
        return b""

    def fail(self, error: Exception) -> bytes:
        """Write an error object, which clients raise."""
        problem = describe(error)
        log_server_error(error, problem, "stream")
        return format_sse_event(data_str=json.dumps(openai_error(problem)))

    def close(self) -> bytes:
        """Write the end mark."""
        return _DONE

    def _text(self, text: str) -> bytes:
        delta: dict[str, Any] = {"content": text}
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", **delta}
        return self._chunk([_choice(delta)])

    def _finish(self, answer: Answer) -> bytes:
        # An abstention may come without tokens, and its text must not be lost.
        before = b"" if self._begun else self._text(answer.answer)
        found = [item.model_dump(mode="json") for item in annotations(answer, self._base_url)]
        extension = _extension(answer).model_dump(mode="json")
        last = self._chunk([_choice({"annotations": found}, "stop")], cicerone=extension)
        if self._include_usage:
            last += self._chunk([], usage=usage(answer).model_dump())
        return before + last

    def _chunk(self, choices: list[dict[str, Any]], **extra: Any) -> bytes:
        body = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": choices,
            **extra,
        }
        if self._include_usage:
            body.setdefault("usage", None)
        return format_sse_event(data_str=json.dumps(body, ensure_ascii=False))


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}
