"""What was kept is shown like what was just said."""

from datetime import UTC, datetime

from console.answer_view import answer_html
from console.recall import exchanges_of
from providers.chat_model.abstention import abstention
from service.conversation_schemas import ConversationFull, MessageRead
from service.schemas import Citation

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CITATION = Citation(
    marker=1,
    document_id="d",
    version=1,
    chunk_id="c",
    source="urn.pdf",
    page=2,
    heading_path=["Care"],
    quote="Empty it every evening.",
    start=0,
    end=23,
    support=1.0,
)


def turn(role: str, content: str, *citations: Citation) -> MessageRead:
    return MessageRead(
        message_id="m",
        sequence=1,
        role=role,
        content=content,
        citations=list(citations),
        trace_id=None,
        created_at=NOW,
    )


def kept(*turns: MessageRead) -> ConversationFull:
    return ConversationFull(
        conversation_id="chat",
        title="Urn",
        subject="anna",
        messages=len(turns),
        created_at=NOW,
        updated_at=NOW,
        turns=list(turns),
    )


def test_an_answer_comes_back_with_its_citations() -> None:
    (exchange,) = exchanges_of(
        kept(turn("user", "When?"), turn("assistant", "Every evening [1].", CITATION))
    )
    assert (exchange.question, exchange.ended, exchange.stopped) == ("When?", True, False)
    html = answer_html(exchange)
    assert 'data-marker="1"' in html and "urn.pdf" in html
    assert "1 source</p>" in html


def test_an_abstention_is_shown_as_one() -> None:
    (exchange,) = exchanges_of(kept(turn("user", "Wer?"), turn("assistant", abstention("de"))))
    assert exchange.answer is not None and exchange.answer.abstained


def test_a_question_without_an_answer_was_stopped() -> None:
    first, second = exchanges_of(
        kept(turn("user", "One?"), turn("user", "Two?"), turn("assistant", "Yes."))
    )
    assert (first.stopped, second.stopped) == (True, False)
    assert exchanges_of(kept(turn("assistant", "Nobody asked."))) == []
