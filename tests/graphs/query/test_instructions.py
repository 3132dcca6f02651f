import pytest

from graphs.query.instructions import instruct


def test_a_value_is_never_read_as_a_placeholder() -> None:
    values = {"question": "What is {history}?", "history": "user: {question}"}
    request, prompt = instruct("condense", values)
    text = "\n".join(message.content for message in request.messages)
    assert "What is {history}?" in text
    assert "user: {question}" in text
    assert (prompt.name, len(prompt.sha256)) == ("condense", 64)


@pytest.mark.parametrize("name", ["rewrite", "decompose", "hyde"])
def test_the_question_is_all_that_is_needed(name: str) -> None:
    request, _ = instruct(name, {"question": "Why?"})
    assert request.messages[-1].content.endswith("Question: Why?")
    assert request.question == "Why?"
