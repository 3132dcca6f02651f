"""Text from documents on a terminal."""

import pytest

from cli.problems import Problem, UsageProblemError
from cli.wording import could_be_id, excerpt, place, printable, require_collection


def test_a_document_cannot_steer_the_terminal() -> None:
    shown = printable("a\x1b[2Jb\x07c\u202ed\ttab\nline")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.endswith("\ttab\nline")


def test_excerpts_are_one_line_and_end_with_a_mark() -> None:
    assert excerpt("a \n b", 10) == "a b"
    assert excerpt("word " * 10, 10) == "word word…"


def test_places_name_what_is_known() -> None:
    assert place("a.pdf", 3, ["One", "Two"]) == "a.pdf, p. 3, One › Two"
    assert place("a.md", None, []) == "a.md"


@pytest.mark.parametrize("name", ["../x", "a\0b", "", "UPPER", "-a", "x" * 64, "a b", "ä"])
def test_names_that_no_collection_can_have(name: str) -> None:
    with pytest.raises(UsageProblemError, match="cannot name a collection"):
        require_collection(name)


def test_ids_have_a_shape() -> None:
    assert could_be_id("0b9d2c61-4f0e-5d2a-9c0e-1c7a4d1f2b3c")
    assert not could_be_id("../../etc")
    assert not could_be_id("")
    assert not could_be_id("a\n")


@pytest.mark.parametrize(
    ("slug", "status", "code"),
    [
        ("validation-failed", 422, 2),
        ("upload-too-large", 413, 2),
        ("settings-invalid", 500, 3),
        ("credential-missing", 401, 3),
        ("forbidden", 403, 3),
        ("collection-not-found", 404, 4),
        ("home-in-use", 503, 5),
        ("store-locked", 503, 5),
        ("model-missing", 503, 5),
        ("storage-full", 507, 5),
        ("database-corrupt", 500, 5),
        ("internal-error", 500, 1),
    ],
)
def test_problems_have_exit_codes(slug: str, status: int, code: int) -> None:
    problem = Problem(type=f"/problems/{slug}", title="t", status=status, detail="d")
    assert problem.exit_code == code
