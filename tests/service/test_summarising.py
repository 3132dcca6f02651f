"""Long conversations are kept within a budget, by a model or by rules."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

import pytest

from data.models import Message
from graphs.models import Call, Reply, Role
from providers.errors import TransientProviderError
from providers.principal import local_principal
from providers.types import ChatDelta, ChatMessage, ChatRole, PromptRef, Usage
from service.container import Container
from service.settings import ConversationSettings
from service.summarising import Summariser, keep_gist

PRINCIPAL = local_principal()
TIGHT = ConversationSettings(max_tokens=200, summary_tokens=100)
LONG = "It is done like this. " + "Then one more thing has to be looked at closely. " * 4


@dataclass(kw_only=True)
class Chatty:
    """A gateway whose one model answers the same each time, or fails."""

    text: str | None
    calls: list[Call] = field(default_factory=list)

    def serves(self, role: Role) -> bool:
        return role is Role.CONDENSE

    def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        raise AssertionError("a summary is not streamed")

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.text is None:
            raise TransientProviderError("down")
        return Reply(text=self.text, model="chatty", usage=Usage())


@dataclass(frozen=True)
class Filled:
    messages: tuple[ChatMessage, ...]
    ref: PromptRef


class Shelf:
    """One prompt that says its values."""

    def get(self, name: str) -> "Shelf":
        assert name == "summarise"
        return self

    def render(self, values: Mapping[str, str], flags: Mapping[str, bool]) -> Filled:
        assert flags == {"with_summary": bool(values["summary"])}
        assert values["max_tokens"] == "100"
        text = f"{values['summary']}|{values['conversation']}"
        ref = PromptRef(name="summarise", version="v1", sha256="0" * 64)
        return Filled(messages=(ChatMessage(role=ChatRole.USER, content=text),), ref=ref)


async def _talk(container: Container, turns: int) -> None:
    async with container.database.begin(PRINCIPAL) as tx:
        await tx.conversations.ensure("chat")
        for number in range(turns):
            await tx.conversations.append("chat", "user", f"Question {number}?")
            await tx.conversations.append("chat", "assistant", LONG)


async def _history(container: Container) -> tuple[str | None, list[str]]:
    async with container.database.begin(PRINCIPAL, read_only=True) as tx:
        found = await tx.conversations.history("chat")
    return found.summary, [message.content for message in found.messages]


async def test_a_short_conversation_has_no_summary(container: Container) -> None:
    await _talk(container, 1)
    assert not await Summariser(container.database, TIGHT).run(PRINCIPAL, "chat")
    assert (await _history(container))[0] is None


async def test_without_a_model_questions_and_first_sentences_are_kept(
    container: Container,
) -> None:
    await _talk(container, 6)
    summariser = Summariser(container.database, TIGHT)
    assert await summariser.run(PRINCIPAL, "chat")
    summary, messages = await _history(container)
    assert summary is not None
    assert summary.splitlines()[:2] == ["Asked: Question 0?", "Answered: It is done like this."]
    assert messages[-2:] == ["Question 5?", LONG]
    assert "Question 5?" not in summary
    assert not await summariser.run(PRINCIPAL, "chat")


async def test_a_model_writes_the_summary_from_the_one_before(container: Container) -> None:
    models = Chatty(text="They spoke of kettles.")
    summariser = Summariser(container.database, TIGHT, models=models, prompts=Shelf())
    for _ in range(2):
        await _talk(container, 5)
        assert await summariser.run(PRINCIPAL, "chat")
    assert (await _history(container))[0] == "They spoke of kettles."
    first, second = (call.request.messages[0].content for call in models.calls)
    assert first.startswith("|user: Question 0?")
    assert second.startswith("They spoke of kettles.|")
    assert models.calls[0].prompt is not None


async def test_a_model_that_fails_is_replaced_by_rules(container: Container) -> None:
    await _talk(container, 6)
    summariser = Summariser(container.database, TIGHT, models=Chatty(text=None), prompts=Shelf())
    assert await summariser.run(PRINCIPAL, "chat")
    assert "Asked: Question 0?" in ((await _history(container))[0] or "")


async def test_it_works_behind_the_answer(container: Container) -> None:
    await _talk(container, 6)
    summariser = Summariser(container.database, TIGHT)
    summariser.consider(PRINCIPAL, "chat")
    summariser.consider(PRINCIPAL, "chat")
    await summariser.aclose()
    assert (await _history(container))[0] is not None


@pytest.mark.parametrize("limit", [1, 20, 60])
def test_what_was_said_first_goes_first(limit: int) -> None:
    rows = [Message(role="user", content=f"Is number {n} good?", sequence=n) for n in range(9)]
    kept = keep_gist("Asked: something long ago", rows, limit).splitlines()
    assert kept[-1] == "Asked: Is number 8 good?"
    assert len(kept) == max(1, limit // 7)
