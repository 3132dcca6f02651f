"""What models are told that help to find passages: how to rewrite, to decompose, to imagine."""

import re
from collections.abc import Mapping
from hashlib import sha256

from providers.types import ChatMessage, ChatRequest, ChatRole, PromptRef

VERSION = "1"
_PLACEHOLDER = re.compile(r"\{(?P<name>\w+)\}")
_MAX_TOKENS = {"hyde": 220, "decompose": 200}
_DEFAULT_TOKENS = 120

_TEXTS = {
    "condense": """\
Rewrite the last question so that it can be understood without the conversation. Keep its
language, and every name, number and code. Reply with the question alone.

Conversation:
{history}

Last question: {question}""",
    "rewrite": """\
Rewrite the question as a precise search query for technical documents: expand what is vague,
use the words such documents would use, keep every name, number and code, and keep the
language. Reply with the query alone.

Question: {question}""",
    "decompose": """\
Split the question into at most four simple questions, each of which can be understood alone.
If it is simple already, repeat it. Keep its language, and every name, number and code. Reply
with one question a line and nothing else.

Question: {question}""",
    "hyde": """\
Write the short passage of a manual that would answer the question, in the language of the
question, in two to four sentences. Do not say that you are not sure. Reply with the passage
alone.

Question: {question}""",
}


def instruct(name: str, values: Mapping[str, str]) -> tuple[ChatRequest, PromptRef]:
    """Return the request of a prompt with its values filled in, and which prompt it was.

    Args:
        name: `condense`, `rewrite`, `decompose` or `hyde`.
        values: `question` in each, and `history` for condense.
    """
    text = _TEXTS[name]
    # In one pass: what a value says is never read as a placeholder.
    filled = _PLACEHOLDER.sub(lambda match: values[match["name"]], text)
    request = ChatRequest(
        messages=(ChatMessage(role=ChatRole.USER, content=filled),),
        question=values["question"],
        max_output_tokens=_MAX_TOKENS.get(name, _DEFAULT_TOKENS),
        temperature=0.0,
    )
    digest = sha256(text.encode()).hexdigest()
    return request, PromptRef(name=name, version=VERSION, sha256=digest)
