"""What models are asked that help to find passages, as the released prompts say it."""

from collections.abc import Mapping

from prompts.catalogue import Catalogue
from providers.types import ChatRequest, PromptRef


def instruct(
    name: str, values: Mapping[str, str], prompts: Catalogue | None = None
) -> tuple[ChatRequest, PromptRef]:
    """Return the request of a prompt with its values filled in, and which prompt it was.

    Args:
        name: `condense`, `rewrite`, `decompose` or `hyde`.
        values: `question` in each, and `history` for condense.
        prompts: Where the prompt is; the service's own without it.
    """
    rendered = (prompts or Catalogue.load()).get(name).render(values)
    request = ChatRequest(
        messages=rendered.messages,
        question=values["question"],
        max_output_tokens=rendered.max_output_tokens,
        temperature=rendered.temperature,
        output_schema=rendered.output_schema,
    )
    return request, rendered.ref
