"""POML itself, in its sandbox."""

import importlib.util
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from prompts import sandbox
from prompts.catalogue import FOLDER, compiled_path, source_path
from prompts.compiled import read_compiled
from prompts.compiling import compile_source
from prompts.errors import CompilerMissingError, TemplateError
from prompts.manifest import read_manifest
from prompts.rendering import Prompt
from prompts.templates import Template

VERSIONS = [
    (name, version) for name, entry in read_manifest(FOLDER).items() for version in entry.versions
]
RICH = """<poml>
  <system-msg>
    <p>Wrapped
      over lines: {{ tone }}{{ tone }} #lt;b#gt; #amp; "quoted" [1].</p>
    <list>
      <item>always</item>
      <item if="brief">brief</item>
      <item if="!brief">long</item>
    </list>
  </system-msg>
  <ai-msg><p whiteSpace="pre">kept
  as {{ it }} is</p></ai-msg>
  <human-msg><p if="loud">LOUD</p><p>{{ question }}</p></human-msg>
  <tool-definition name="look" description="Look it up." parser="json">
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
  </tool-definition>
  <runtime temperature="0.3" max-tokens="77" />
</poml>
"""


def build(text: str) -> Prompt:
    return Prompt(compile_source(text.encode(), name="greet", version="v1", origin="greet/v1.poml"))


@pytest.mark.integration
@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_compiling_again_gives_the_same_bytes(name: str, version: str) -> None:
    source = source_path(FOLDER, name, version)
    again = compile_source(source.read_bytes(), name=name, version=version, origin=str(source))

    committed = compiled_path(FOLDER, name, version).read_bytes()
    assert again.to_bytes() == committed
    assert read_compiled(committed, name) == again


@pytest.mark.integration
def test_everything_that_a_template_may_hold_comes_out() -> None:
    prompt = build(RICH)
    values = {"tone": "<kind>", "it": "{{ it }}\n\n  &amp;", "question": "Why?"}

    plain = prompt.render(values)
    both = prompt.render(values, {"brief": True, "loud": True})

    assert [(message.role.value, message.content) for message in plain.messages] == [
        (
            "system",
            'Wrapped over lines: <kind><kind> <b> & "quoted" [1].\n\n- always\n- long',
        ),
        ("assistant", "kept\n  as {{ it }}\n\n  &amp; is"),
        ("user", "Why?"),
    ]
    assert both.messages[0].content.endswith("- always\n- brief")
    assert both.messages[2].content == "LOUD\n\nWhy?"
    assert plain.temperature == 0.3
    assert plain.max_output_tokens == 77
    assert [tool.name for tool in plain.tools] == ["look"]
    assert plain.tools[0].description == "Look it up."
    assert plain.tools[0].parameters["required"] == ["word"]
    assert len(prompt.compiled.variants) == 4


@pytest.mark.integration
@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (
            '<output-schema parser="json">\n{"type": </output-schema>',
            "line 2: Unexpected end of JSON",
        ),
        ("", "there is a message without text"),
        ('<human-msg><p if="x">{{ a }}</p></human-msg>', "there is a message without text"),
        (
            '<human-msg><p>b</p></human-msg><runtime temperature="a" />',
            "temperature: Input should be a valid number",
        ),
        (
            "<human-msg><p>b</p></human-msg><runtime>{{ a }}</runtime>",
            "a does not come out of POML",
        ),
        (
            '<human-msg><p>b</p><p if="x">c<runtime temperature="0" /></p></human-msg>',
            "schema, tools and parameters cannot depend on a flag",
        ),
    ],
)
def test_what_poml_refuses_fails_the_release(inside: str, reason: str) -> None:
    with pytest.raises(TemplateError) as refused:
        build(f"<poml>\n{inside}\n</poml>")
    assert str(refused.value).startswith("greet/v1.poml")
    assert reason in str(refused.value)


def unchecked(text: str) -> Template:
    """Make a template that our own check would refuse."""
    return Template(origin="greet/v1.poml", text=text, inputs=(), flags=(), bounded=False)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<poml>\n<p>{{ nowhere }}</p></poml>", "line 2: nowhere is not defined"),
        ("<poml><nonsense /></poml>", "Component nonsense not found"),
        ('<poml><document parser="txt" src="{file}" /></poml>', "restricted"),
        (
            "<poml><p>{{ process.mainModule.require('child_process').execSync('id') }}</p></poml>",
            "restricted",
        ),
        (
            "<poml><p>{{ process.mainModule.require('fs').rmSync('{file}') }}</p></poml>",
            "restricted",
        ),
    ],
)
def test_the_sandbox_holds_even_without_our_check(text: str, reason: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with pytest.raises(TemplateError) as refused:
        sandbox.render(unchecked(text.replace("{file}", str(secret))), {})
    assert reason in str(refused.value)
    assert secret.read_text() == "secret"


@pytest.mark.integration
def test_the_environment_does_not_reach_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_SECRET", "hidden")
    text = "<poml><human-msg><p>{{ String(process.env.CICERONE_SECRET) }}</p></human-msg></poml>"
    said = sandbox.render(unchecked(text), {})
    assert said["messages"][0]["content"] == "undefined"


@pytest.mark.integration
def test_what_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIMEOUT_S", 0.05)
    with pytest.raises(TemplateError, match="took longer"):
        sandbox.render(unchecked("<poml><human-msg><p>a</p></human-msg></poml>"), {})


def test_a_missing_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Callable[..., Any] = importlib.util.find_spec

    def without_poml(name: str, package: str | None = None) -> ModuleSpec | None:
        spec: ModuleSpec | None = None if name == "poml" else found(name, package)
        return spec

    monkeypatch.setattr(importlib.util, "find_spec", without_poml)
    with pytest.raises(CompilerMissingError, match=r"pip install 'cicerone\[prompts\]'"):
        build(RICH)


def test_a_template_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(TemplateError, match="is not UTF-8"):
        compile_source(b"<poml>\xe9</poml>", name="greet", version="v1", origin="greet/v1.poml")
