import asyncio

from data.database import Database
from providers.principal import Principal


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
        assert [one.id for one in await tx.conversations.list()] == ["a", "b"]
        assert await tx.conversations.list(subject="somebody") == []
