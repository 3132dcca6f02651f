"""Writes the messages for a chat model that reads text: rules, passages, question."""

from collections.abc import Sequence
from dataclasses import replace

from prompts.rendering import Prompt, Rendered
from providers.chat_model.abstention import abstention
from providers.types import ChatMessage, ChatRole, GroundingPassage

MAX_HISTORY = 6
"""Earlier turns that are shown to the model, beside a summary of those before."""


def build_messages(
    prompt: Prompt,
    question: str,
    passages: Sequence[GroundingPassage],
    *,
    language: str,
    history: Sequence[ChatMessage] = (),
) -> Rendered:
    """Fill in the prompt `synthesize`; earlier turns stand before its last message."""
    rendered = prompt.render(
        {
            "language": language,
            "abstention": abstention(language),
            "passages": "\n\n".join(map(_quote, passages)),
            "question": question,
        }
    )
    *rules, asked = rendered.messages
    return replace(rendered, messages=(*rules, *_recent(history), asked))


def _recent(history: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    """Return the last turns, behind the summary where there is one.

    A conversation begins with a question: what the assistant says before it is the summary.
    """
    first, rest = tuple(history[:1]), tuple(history[1:])
    if first and first[0].role is ChatRole.ASSISTANT:
        return (*first, *rest[-MAX_HISTORY:])
    return (*first, *rest)[-MAX_HISTORY:]


def _quote(passage: GroundingPassage) -> str:
    title = f" ({passage.title})" if passage.title else ""
    return f"[{passage.marker}]{title}\n{passage.text}"
