"""The page about the tables says what the models say."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from data.models import Base
from data.schema_docs import PICTURE, describe, markdown, mermaid
from data.schema_picture import svg

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
TABLES = describe()
AGAIN = "the models changed: run `cicerone db schema --output docs/reference`"


@pytest.mark.parametrize(
    ("name", "expected"), [("schema.md", markdown(TABLES)), (PICTURE, svg(TABLES))]
)
def test_the_committed_page_is_what_the_models_say(name: str, expected: str) -> None:
    found = (REFERENCE / name).read_text("utf-8")
    assert found == expected, AGAIN


def test_every_table_and_column_is_described() -> None:
    assert [table.name for table in TABLES] == sorted(Base.metadata.tables)
    for table in TABLES:
        assert table.text, f"{table.model} needs a docstring"
        columns = Base.metadata.tables[table.name].columns
        assert [column.name for column in table.columns] == [column.name for column in columns]


def test_keys_words_and_conditions_are_named() -> None:
    versions = next(table for table in TABLES if table.name == "document_versions")
    columns = {column.name: column for column in versions.columns}
    assert columns["document_id"].foreign_key
    assert not columns["document_id"].primary_key
    assert columns["id"].primary_key
    assert "published" in columns["status"].words
    assert columns["created_at"].type == "TIMESTAMPTZ"
    assert ("documents", ("tenant_id", "document_id")) in {
        (reference.table, reference.columns) for reference in versions.references
    }
    partial = [index for index in versions.indexes if index.where]
    assert any(index.unique and "status = 'published'" in (index.where or "") for index in partial)


def test_the_mermaid_text_has_every_table_and_reference() -> None:
    text = mermaid(TABLES)
    assert set(re.findall(r"^    (\w+) \{$", text, re.MULTILINE)) == set(Base.metadata.tables)
    drawn = set(re.findall(r"^    (\w+) \|\|--o\{ (\w+) : has$", text, re.MULTILINE))
    assert ("documents", "document_versions") in drawn
    assert not {parent for parent, _ in drawn} & {"tenants"}


def test_the_picture_shows_every_table_once_and_no_two_on_the_same_spot() -> None:
    root = ElementTree.fromstring(svg(TABLES))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    names = [each.text for each in root.iter(f"{space}text") if each.get("class") == "name"]
    assert sorted(str(name) for name in names) == sorted(Base.metadata.tables)
    boxes = [
        tuple(int(each.get(side, "0")) for side in ("x", "y", "width", "height"))
        for each in root.iter(f"{space}rect")
        if each.get("class") == "box"
    ]
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[:number]:
            beside = x + width <= other_x or other_x + other_width <= x
            above = y + height <= other_y or other_y + other_height <= y
            assert beside or above
