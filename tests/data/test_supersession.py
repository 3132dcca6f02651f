"""Who steps back for whom."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.supersession import Replacement, superseded

START = datetime(2026, 1, 1, tzinfo=UTC)
ARRIVED = {name: START + timedelta(days=day) for day, name in enumerate("abcdef")}


def pairs(*names: str) -> list[Replacement]:
    """Read `ba` as: b replaces a."""
    return [Replacement(newer=name[0], older=name[1]) for name in names]


def test_the_older_steps_back() -> None:
    assert superseded(pairs("ba"), ARRIVED) == {"a": "b"}


def test_each_of_a_line_steps_back_but_the_last() -> None:
    assert superseded(pairs("ba", "cb", "ca"), ARRIVED) == {"a": "c", "b": "c"}


def test_one_that_cannot_be_found_replaces_nothing() -> None:
    left = {"a": START}

    assert superseded(pairs("ba"), left) == {}


def test_of_a_circle_the_last_to_arrive_stays() -> None:
    found = superseded(pairs("ab", "bc", "ca"), ARRIVED)

    assert "c" not in found
    assert set(found) == {"a", "b"}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))))
def test_something_always_answers(edges: list[tuple[str, str]]) -> None:
    links = [Replacement(newer=one, older=two) for one, two in edges if one != two]

    found = superseded(links, ARRIVED)

    for name in ARRIVED:
        seen: list[str] = []
        while name in found:
            assert name not in seen
            seen.append(name)
            name = found[name]  # noqa: PLW2901 - the way to the one that answers
