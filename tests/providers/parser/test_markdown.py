from providers.parser.markdown import mark, plain, structure, unmarked

SAMPLE = """# Top *one* #
text
Sub title
---------

```sh
# not a heading
| a | b |
```

| a | b |
|---|---|
| 1 | 2 |

> ## Quoted **heading**
- # not one either
    # nor this
---
"""


def test_structure_finds_headings_outside_code() -> None:
    headings, _ = structure(mark(SAMPLE))

    assert [(h.level, h.title) for h in headings] == [(1, "Top one"), (2, "Quoted heading")]
    assert SAMPLE[headings[1].start :].startswith("> ## Quoted")


def test_underlined_line_is_a_heading_when_it_opens_a_paragraph() -> None:
    headings, _ = structure(mark("Title\n=====\n\nPart\n----\ntext\n- item\n---"))

    assert [(h.level, h.title) for h in headings] == [(1, "Title"), (2, "Part")]


def test_structure_finds_tables() -> None:
    _, tables = structure(mark(SAMPLE))

    assert [SAMPLE[t.start : t.end] for t in tables] == ["| a | b |\n|---|---|\n| 1 | 2 |"]


def test_unclosed_fence_reaches_the_end() -> None:
    headings, _ = structure(mark("```\n# code\n# more"))

    assert headings == []


def test_plain_removes_signs_only() -> None:
    line = r"**Bold** and *soft* `code` [link](http://x.y) 2 \* 3 snake_case a * b * c <b>x</b>"

    assert plain(line) == "Bold and soft code link 2 * 3 snake_case a * b * c x"


def test_unmarked_keeps_code_and_tables() -> None:
    text = "\n".join(line.text for line in unmarked(mark(SAMPLE)))

    assert "Top one\n" in text
    assert "# not a heading" in text
    assert "| 1 | 2 |" in text
    assert "```" not in text
