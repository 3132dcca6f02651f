import asyncio
from dataclasses import replace

import pytest

from data.database import Database
from data.errors import RowNotFoundError
from data.values import ConversationFilter, History
from providers.principal import Principal, Role


async def test_turns_come_back_in_order(database: Database, alice: Principal) -> None:
    citation = {"marker": 1, "quote": "Größe 5 µm"}
    async with database.begin(alice) as tx:
        begun = await tx.conversations.ensure(title="Lamps")
        await tx.conversations.append(begun.id, "user", "How big?")
        await tx.conversations.append(
            begun.id, "assistant", "5 µm [1]", citations=[citation], trace_id="t"
        )
        assert (await tx.conversations.ensure(begun.id)).id == begun.id
    async with database.begin(alice, read_only=True) as tx:
        turns = await tx.conversations.messages(begun.id)
        assert [(turn.sequence, turn.role, turn.citations) for turn in turns] == [
            (1, "user", []),
            (2, "assistant", [citation]),
        ]
        assert [turn.sequence for turn in await tx.conversations.messages(begun.id, limit=1)] == [2]


async def test_a_deleted_conversation_begins_anew(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.conversations.ensure("chat")
        await tx.conversations.append("chat", "user", "forget this")
        assert await tx.conversations.soft_delete("chat")
        assert await tx.conversations.get("chat") is None
        assert await tx.conversations.messages("chat") == []
        await tx.conversations.ensure("chat")
        assert await tx.conversations.messages("chat") == []
        await tx.conversations.append("chat", "user", "new")
        assert [turn.content for turn in await tx.conversations.messages("chat")] == ["new"]


async def test_concurrent_turns_are_neither_lost_nor_doubled(
    database: Database, alice: Principal
) -> None:
    async def say(number: int) -> None:
        async with database.begin(alice) as tx:
            await tx.conversations.ensure("chat")
            await tx.conversations.append("chat", "user", str(number))

    await asyncio.gather(*(say(number) for number in range(12)))
    async with database.begin(alice) as tx:
        turns = await tx.conversations.messages("chat")
    assert [turn.sequence for turn in turns] == list(range(1, 13))
    assert {turn.content for turn in turns} == {str(number) for number in range(12)}


async def test_the_list_begins_with_what_moved_last(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.conversations.ensure("a")
        await tx.conversations.ensure("b")
        await tx.conversations.append("a", "user", "again")
        rows, total = await tx.conversations.list()
        assert ([one.id for one in rows], total) == (["a", "b"], 2)
        nobody = ConversationFilter(subject="somebody")
        assert await tx.conversations.list(wanted=nobody) == ([], 0)


async def test_pairs_said_at_once_stay_together(database: Database, alice: Principal) -> None:
    async def exchange(number: int) -> None:
        async with database.begin(alice) as tx:
            await tx.conversations.ensure("chat")
            await tx.conversations.append("chat", "user", f"question {number}")
            await asyncio.sleep(0)
            await tx.conversations.append("chat", "assistant", f"answer {number}")

    await asyncio.gather(*(exchange(number) for number in range(12)))
    async with database.begin(alice) as tx:
        turns = await tx.conversations.messages("chat")
    assert [turn.sequence for turn in turns] == list(range(1, 25))
    for asked, answered in zip(turns[::2], turns[1::2], strict=True):
        assert answered.content == asked.content.replace("question", "answer")


async def test_nobody_sees_the_conversation_of_another(
    database: Database, alice: Principal
) -> None:
    carol = replace(alice, subject="carol", roles=frozenset({Role.EDITOR}))
    dave = replace(carol, subject="dave")
    async with database.begin(carol) as tx:
        await tx.conversations.ensure("mine", title="About lamps")
        await tx.conversations.append("mine", "user", "How big?")
    async with database.begin(dave) as tx:
        assert await tx.conversations.get("mine") is None
        assert await tx.conversations.is_taken("mine")
        assert await tx.conversations.list() == ([], 0)
        assert await tx.conversations.history("mine") == History()
        assert not await tx.conversations.rename("mine", "Stolen")
        assert not await tx.conversations.soft_delete("mine")
        with pytest.raises(RowNotFoundError):
            await tx.conversations.ensure("mine")
    async with database.begin(alice) as tx:  # an administrator
        assert await tx.conversations.get("mine") is not None
        assert await tx.conversations.soft_delete("mine")
    async with database.begin(dave) as tx:
        assert not await tx.conversations.restore("mine")
        with pytest.raises(RowNotFoundError):
            await tx.conversations.ensure("mine")
    async with database.begin(carol) as tx:
        assert await tx.conversations.restore("mine")
        assert [turn.content for turn in await tx.conversations.messages("mine")] == ["How big?"]


async def test_an_earlier_life_of_an_id_does_not_come_back(
    database: Database, alice: Principal
) -> None:
    for content in ("first life", "second life"):
        async with database.begin(alice) as tx:
            await tx.conversations.ensure("chat")
            await tx.conversations.append("chat", "user", content)
            assert await tx.conversations.soft_delete("chat")
    async with database.begin(alice) as tx:
        assert await tx.conversations.restore("chat")
        assert not await tx.conversations.restore("chat")
        history = await tx.conversations.history("chat")
    assert [message.content for message in history.messages] == ["second life"]


async def test_text_is_searched_in_titles_and_messages(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        await tx.conversations.ensure("a", title="The 50% offer")
        await tx.conversations.ensure("b", title="Lamps")
        await tx.conversations.append("b", "user", "Which BULB fits?")
        await tx.conversations.ensure("c", title="Bulbs of old")
        await tx.conversations.soft_delete("c")

        async def found(text: str, *, deleted: bool = False) -> list[str]:
            wanted = ConversationFilter(text=text, deleted=deleted)
            rows, total = await tx.conversations.list(wanted=wanted)
            assert total == len(rows)
            return [row.id for row in rows]

        assert await found("bulb") == ["b"]
        assert await found("0% o") == ["a"]
        assert await found("0_ o") == []
        assert await found("bulb", deleted=True) == ["c"]


async def test_a_summary_stands_for_the_turns_before_it(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        await tx.conversations.ensure("chat")
        for number in range(1, 8):
            await tx.conversations.append("chat", "user", str(number))
        assert await tx.conversations.summarise("chat", "1 to 4", 4)
        assert not await tx.conversations.summarise("chat", "1 to 3", 3)
        history = await tx.conversations.history("chat", limit=2)
        assert history.summary == "1 to 4"
        assert [message.content for message in history.messages] == ["6", "7"]
        assert len((await tx.conversations.history("chat")).messages) == 3
