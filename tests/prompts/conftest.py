from collections.abc import Callable
from pathlib import Path

import pytest

from prompts.compiled import Compiled
from prompts.rendering import Prompt

SIMPLE = """<poml>
  <system-msg><p>Answer in {{ language }}.</p><p if="brief">Be brief.</p></system-msg>
  <human-msg><p whiteSpace="pre">{{ question }}</p></human-msg>
</poml>
"""
"""A template with two inputs and a flag."""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a template into a folder of prompts, and return the folder."""

    def write_template(text: str = SIMPLE, name: str = "greet", version: str = "v1") -> Path:
        path = tmp_path / name / f"{version}.poml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return tmp_path

    return write_template


@pytest.fixture
def make() -> Callable[..., Prompt]:
    """Make a prompt of one message by flags, without a compiler."""

    def make_prompt(*variants: tuple[tuple[str, ...], list[dict[str, str]]]) -> Prompt:
        parts = [part for _, each in variants for part in each]
        inputs = sorted({part["input"] for part in parts if "input" in part} - {"boundary"})
        return Prompt(
            Compiled.model_validate(
                {
                    "name": "made",
                    "version": "v1",
                    "source_sha256": "0" * 64,
                    "compiler": "none",
                    "inputs": inputs,
                    "flags": sorted({flag for flags, _ in variants for flag in flags}),
                    "variants": [
                        {"flags": flags, "messages": [{"role": "user", "parts": each}]}
                        for flags, each in variants
                    ],
                }
            )
        )

    return make_prompt
