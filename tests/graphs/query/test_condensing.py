from typing import Any

from graphs.models import Call, Reply, Role
from providers.errors import ProviderError
from providers.types import ChatMessage, ChatRole, Usage

FIRST = "How often must I descale the KX-200 kettle?"


class Condensing:
    """Serves the role `condense` with one reply; an exception is raised."""

    def __init__(self, reply: str | Exception) -> None:
        self._reply = reply
        self.calls: list[Call] = []

    def serves(self, role: Role) -> bool:
        return role is Role.CONDENSE

    async def complete(self, call: Call) -> Reply:
        self.calls.append(call)
        if isinstance(self._reply, Exception):
            raise self._reply
        return Reply(text=self._reply, model="small", usage=Usage(cost_usd=0.5))


async def test_a_follow_up_is_completed_from_the_record(bench: Any) -> None:
    await bench.ask(FIRST, conversation_id="talk")
    answered = await bench.ask("And with vinegar?", conversation_id="talk")
    (event,) = bench.said("question.condensed")
    assert event == {
        "type": "question.condensed",
        "question": "with vinegar? (KX-200 descale kettle)",
        "asked": "And with vinegar?",
        "by": "rules",
    }
    assert answered["question"] == event["question"]
    assert "Vinegar damages the seals" in answered["answer"]


async def test_the_record_keeps_what_was_asked(bench: Any) -> None:
    await bench.ask(FIRST, conversation_id="talk")
    await bench.ask("With what?", conversation_id="talk")
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        messages = await transaction.conversations.messages("talk")
    assert [m.content for m in messages if m.role == "user"] == [FIRST, "With what?"]


async def test_a_question_that_stands_alone_is_left_alone(bench: Any) -> None:
    await bench.ask(FIRST, conversation_id="talk")
    answered = await bench.ask("How loud is the KX-200 in operation?", conversation_id="talk")
    assert bench.said("question.condensed") == []
    assert "asked" not in answered


async def test_a_model_condenses_when_one_serves(bench: Any) -> None:
    models = Condensing(" Which tablets descale the KX-200? ")
    asking = bench.using(models=models)
    await asking.ask(FIRST, conversation_id="talk")
    answered = await asking.ask("With what?", conversation_id="talk")
    assert answered["question"] == "Which tablets descale the KX-200?"
    assert asking.said("question.condensed")[0]["by"] == "small"
    assert answered["usage"].cost_usd == 0.5
    (call,) = models.calls
    assert any(FIRST in message.content for message in call.request.messages)


async def test_rules_stand_in_for_a_model_that_fails(bench: Any) -> None:
    asking = bench.using(models=Condensing(ProviderError("the model is down")))
    await asking.ask(FIRST, conversation_id="talk")
    answered = await asking.ask("With what?", conversation_id="talk")
    assert asking.said("question.condensed")[0]["by"] == "rules"
    assert answered["degraded"] == ["the question was condensed by rules: the model is down"]


async def test_turns_that_a_caller_remembers_count_where_none_are_kept(bench: Any) -> None:
    bench.history = (
        ChatMessage(role=ChatRole.USER, content=FIRST),
        ChatMessage(role=ChatRole.ASSISTANT, content="Every three months."),
    )
    answered = await bench.ask("With what?")
    assert answered["asked"] == "With what?"
    assert "KX-200" in answered["question"]
