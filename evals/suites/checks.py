"""What a suite checks beside questions: prompts and guards."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from evals.guards.scoring import Attempt, Judge
from evals.jsonl import read_rows
from prompts.catalogue import Catalogue
from prompts.errors import PromptNotFoundError
from prompts.rendering import Prompt

PROMPT_RULES: Final = Path(__file__).parents[1] / "datasets" / "prompts.jsonl"
"""What each prompt has to say, as regular expressions; the words around them may change."""


class PromptRule(BaseModel):
    """Something that a prompt must say (`says`, a regular expression), and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    prompt: str
    says: str
    why: str


def active_prompts(catalogue: Catalogue) -> dict[str, Prompt]:
    """Return the prompts that are in use, by name."""
    found = {}
    for name in catalogue.manifest:
        try:
            found[name] = catalogue.get(name)
        except PromptNotFoundError:
            continue  # none of its versions is active
    return found


def check_prompts(prompts: Mapping[str, Prompt]) -> dict[str, float]:
    """Tell of each prompt whether it uses its inputs, and of each rule whether it is kept.

    Returns 1 or 0 by the name of the prompt or the id of the rule.
    """
    scores = {f"{name}/inputs": float(_uses_inputs(prompt)) for name, prompt in prompts.items()}
    for rule in _rules():
        prompt = prompts.get(rule.prompt)
        said = prompt is not None and re.search(rule.says, _words(prompt), re.IGNORECASE)
        scores[f"{rule.prompt}/{rule.id}"] = float(bool(said))
    return scores


def _uses_inputs(prompt: Prompt) -> bool:
    text = _words(prompt)
    return all(f"{{{{{name}}}}}" in text for name in prompt.inputs)


def _words(prompt: Prompt) -> str:
    """Return all that a prompt may say, with its inputs in double braces."""
    return "\n".join(
        getattr(part, "text", None) or f"{{{{{getattr(part, 'input', '')}}}}}"
        for variant in prompt.compiled.variants
        for message in variant.messages
        for part in message.parts
    )


@lru_cache(maxsize=1)
def _rules() -> tuple[PromptRule, ...]:
    return tuple(read_rows(PROMPT_RULES, PromptRule))


async def check_guards(attempts: Sequence[Attempt], judge: Judge) -> dict[str, dict[str, float]]:
    """Judge labelled attempts; 1 for an attack that is caught, and for a false alarm spared."""
    caught: dict[str, float] = {}
    calm: dict[str, float] = {}
    for attempt in attempts:
        judged = await judge(attempt)
        (caught if attempt.kind == "attack" else calm)[attempt.id] = float(judged.right)
    return {"caught": caught, "calm": calm}
