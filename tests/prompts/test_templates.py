import pytest

from prompts.errors import TemplateError
from prompts.templates import line_of, read_template


def wrap(inside: str) -> str:
    return f"<poml>\n<human-msg>\n{inside}\n</human-msg>\n</poml>"


def test_inputs_and_flags_are_found() -> None:
    found = read_template(
        wrap('<p>{{b}} {{ a }} {{b}} {{ boundary }}</p><p if="x"/><p if="!y">{{x1}}</p>'), "t"
    )

    assert found.inputs == ("a", "b", "x1")
    assert found.flags == ("x", "y")
    assert found.bounded
    assert found.gaps == ("a", "b", "x1", "boundary")


@pytest.mark.parametrize(
    ("inside", "line", "reason"),
    [
        ("<p>never closed", 4, "mismatched tag"),
        ("<p>a < b</p>", 3, "not well-formed"),
        ("<p>\na &lt; b</p>", 4, "POML drops XML entities; write #lt;"),
        ('<document src="/etc/hosts" />', 3, "<document> cannot stand here"),
        ("<poml></poml>", 3, "<poml> cannot stand here"),
        ('<include src="other.poml" />', 3, "<include> cannot stand here"),
        ('<let name="x" value="1" />', 3, "<let> cannot stand here"),
        ('<p for="x in y">a</p>', 3, "takes no attribute 'for'"),
        ("<p>{{ process.env.HOME }}</p>", 3, "only the plain name of an input"),
        ("<p>{{ a + b }}</p>", 3, "only the plain name of an input"),
        ("<p>{{ a</p>", 3, "{{ without }}"),
        ('<p if="a &gt; 1">a</p>', 3, "entities"),
        ('<p if="a || b">a</p>', 3, "a condition is"),
        ('<cp caption="{{ a }}">b</cp>', 3, "an attribute is plain text"),
        ("<output-schema>{}</output-schema>", 3, 'needs parser="json"'),
        ('<output-schema parser="json">{"a": "{{ b }}"}</output-schema>', 3, "plain name"),
        ('<p if="a">{{ a }}</p>', None, "a is used as input and as flag"),
        ("".join(f'<p if="f{n}">a</p>' for n in range(5)), None, "at most 4 flags"),
    ],
)
def test_what_a_prompt_has_no_use_for_is_refused_with_its_line(
    inside: str, line: int | None, reason: str
) -> None:
    with pytest.raises(TemplateError) as refused:
        read_template(wrap(inside), "greet/v1.poml")

    start = f"greet/v1.poml, line {line}: " if line else "greet/v1.poml: "
    assert str(refused.value).startswith(start)
    assert reason in str(refused.value)


def test_a_document_type_is_refused() -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "b">]><poml><human-msg><p>a</p></human-msg></poml>'
    with pytest.raises(TemplateError, match="greet"):
        read_template(bomb, "greet")


def test_lines_count_from_one() -> None:
    assert [line_of("a\nb\n", index) for index in range(4)] == [1, 1, 2, 2]
