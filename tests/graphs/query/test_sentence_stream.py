import pytest

from graphs.query.sentence_stream import SentenceStream


def run(pieces: list[str]) -> list[str]:
    stream = SentenceStream()
    found = [sentence for piece in pieces for sentence in stream.feed(piece)]
    return [*found, *stream.finish()]


TEXT = "It holds 1.7 l [1]. Fill it, e.g. with water. [2] [3] Then wait!\n- Done [1]"
SENTENCES = [
    "It holds 1.7 l [1].",
    " Fill it, e.g. with water. [2] [3]",
    " Then wait!",
    "\n- Done [1]",
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_however_it_is_cut_the_sentences_are_the_same(size: int) -> None:
    pieces = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    found = run(pieces)
    assert [sentence.strip() for sentence in found] == [s.strip() for s in SENTENCES]
    assert "".join(found) == TEXT


def test_a_sentence_waits_for_its_markers() -> None:
    stream = SentenceStream()
    assert stream.feed("Press it.") == []
    assert stream.feed(" [") == []
    assert stream.feed("1]") == []
    assert stream.feed(" Next") == ["Press it. [1]"]


def test_nothing_written() -> None:
    assert run(["", "  ", "\n"]) == []
