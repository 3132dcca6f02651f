"""A conversation is carried on by its owner, from wherever it is asked."""

import asyncio
from dataclasses import replace

import pytest

from graphs.errors import ConversationNotFoundError
from providers.principal import Principal, Role, local_principal
from service.container import Container
from service.conversation_export import export, filename
from service.conversation_schemas import ExportFormat
from service.errors import ForbiddenError
from service.library import Upload
from service.schemas import AskRequest, ChatTurn

ADMIN = local_principal()
ANNA = Principal(tenant_id=ADMIN.tenant_id, subject="anna", roles=frozenset({Role.READER}))
BEN = replace(ANNA, subject="ben")
QUESTION = "How often must the kettle be descaled?"


@pytest.fixture
async def filled(container: Container, manual: Upload) -> Container:
    job = await container.library.submit(ADMIN, "default", [manual])
    async for _ in container.jobs.events(ADMIN, job.job_id):
        pass
    return container


async def _ask(container: Container, who: Principal = ANNA, id: str = "chat") -> None:
    answer = await container.answering.answer(
        who, AskRequest(question=QUESTION, conversation_id=id)
    )
    assert "60 days" in answer.answer


async def test_it_is_shown_renamed_deleted_and_restored(filled: Container) -> None:
    await _ask(filled)
    conversations = filled.conversations
    shown = await conversations.show(ANNA, "chat")
    assert (shown.title, shown.messages, shown.subject) == (QUESTION, 2, "anna")
    assert [turn.role for turn in shown.turns] == ["user", "assistant"]
    assert shown.turns[1].citations[0].quote.startswith("Descale the kettle")
    assert (await conversations.rename(ANNA, "chat", "Scale")).title == "Scale"
    await conversations.delete(ANNA, "chat")
    assert (await conversations.page(ANNA)).total == 0
    deleted = await conversations.page(ANNA, deleted=True)
    assert [(row.title, row.messages) for row in deleted.conversations] == [("Scale", 2)]
    with pytest.raises(ConversationNotFoundError):
        await conversations.show(ANNA, "chat")
    assert (await conversations.restore(ANNA, "chat")).messages == 2


async def test_another_person_finds_nothing_and_cannot_carry_it_on(filled: Container) -> None:
    await _ask(filled)
    conversations = filled.conversations
    for refused in (
        conversations.show(BEN, "chat"),
        conversations.rename(BEN, "chat", "x"),
        conversations.delete(BEN, "chat"),
        conversations.restore(BEN, "chat"),
        _ask(filled, BEN),
    ):
        with pytest.raises(ConversationNotFoundError):
            await refused
    with pytest.raises(ForbiddenError):
        await conversations.page(BEN, everybody=True)
    assert (await conversations.page(BEN)).total == 0
    assert (await conversations.page(ADMIN)).total == 0
    assert (await conversations.page(ADMIN, everybody=True)).total == 1
    await _ask(filled, ADMIN)
    assert (await conversations.show(ANNA, "chat")).messages == 4


async def test_questions_at_once_leave_whole_pairs(filled: Container) -> None:
    await asyncio.gather(*(_ask(filled) for _ in range(8)))
    turns = (await filled.conversations.show(ANNA, "chat")).turns
    assert [turn.sequence for turn in turns] == list(range(1, 17))
    assert [turn.role for turn in turns] == ["user", "assistant"] * 8
    for asked, answered in zip(turns[::2], turns[1::2], strict=True):
        assert asked.trace_id == answered.trace_id


async def test_what_comes_with_the_question_wins_over_what_is_kept(filled: Container) -> None:
    await _ask(filled)
    request = AskRequest(question="And then?", conversation_id="chat")
    kept = await filled.conversations.history(ANNA, request)
    assert kept[0].content == QUESTION
    said = request.model_copy(update={"history": (ChatTurn(role="user", content="Hello"),)})
    given = await filled.conversations.history(ANNA, said)
    assert [turn.content for turn in given] == ["Hello"]
    async with filled.database.begin(ANNA) as tx:
        await tx.conversations.summarise("chat", "They spoke of scale.", 2)
    (summary,) = await filled.conversations.history(ANNA, request)
    assert summary.content.endswith("They spoke of scale.")
    assert summary.role == "assistant"


async def test_an_export_has_the_citations(filled: Container) -> None:
    await _ask(filled)
    await filled.conversations.rename(ANNA, "chat", "Scale: how/often?")
    found = await filled.conversations.show(ANNA, "chat")
    text = export(found, ExportFormat.MARKDOWN)
    assert text.startswith("# Scale: how/often?\n")
    assert f"## Question\n\n{QUESTION}\n" in text
    assert "- [1] brisk.md, version 1" in text
    assert "“Descale the kettle every 60 days.”" in text
    assert type(found).model_validate_json(export(found, ExportFormat.JSON)) == found
    assert filename(found, ExportFormat.MARKDOWN) == "Scale-how-often.md"


async def test_what_was_said_is_no_heading_of_the_export(filled: Container) -> None:
    await _ask(filled)
    found = await filled.conversations.show(ANNA, "chat")
    turn = found.turns[0].model_copy(update={"content": "# Answer\nfalse"})
    text = export(found.model_copy(update={"turns": [turn]}), ExportFormat.MARKDOWN)
    assert "\n\\# Answer\nfalse" in text
