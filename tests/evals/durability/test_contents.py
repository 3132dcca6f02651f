from typing import Any

import pytest

from evals.durability.contents import Contents, differences
from providers.types import Candidates, ScoredPoint


def hits(*scores: float, names: str = "abcdef") -> Candidates:
    return Candidates(dense=tuple(ScoredPoint(n, s) for n, s in zip(names, scores, strict=False)))


def contents(**changes: Any) -> Contents:
    made: dict[str, Any] = {
        "documents": {"a.md": {"status": "indexed", "version": (1, 1)}},
        "chunks": {"c1 of version 1": {"id": "c1", "source": "a.md", "text": "Words."}},
        "sections": {"a.md": []},
        "vectors": {"c1"},
        "probes": {"c1": hits(1.0, 0.5)},
        "objects": {"raw/t/1"},
    }
    return Contents(**{**made, **changes})


def test_equal_libraries_do_not_differ() -> None:
    assert differences(contents(), contents()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"documents": {}}, "document a.md: is missing"),
        ({"documents": {"a.md": {"status": "pending", "version": (1, None)}}}, "is not final"),
        ({"chunks": {}}, "chunk c1 of version 1: is missing"),
        ({"vectors": set()}, "chunk c1: has no vector"),
        ({"vectors": {"c1", "c2"}}, "vector c2: belongs to no chunk"),
        ({"probes": {"c1": hits(0.9, 0.5)}}, "search by the vectors of c1: is"),
        ({"probes": {"c1": hits(1.0)}}, "search by the vectors of c1: is"),
        ({"probes": {"c1": hits(1.0, 0.5, names="xb")}}, "search by the vectors of c1: is"),
        ({"objects": {"raw/t/1", "raw/t/2"}}, "object raw/t/2: is too much"),
    ],
)
def test_each_kind_of_difference_is_told(changes: dict[str, Any], told: str) -> None:
    assert any(told in difference for difference in differences(contents(**changes), contents()))


def test_what_sums_and_ties_may_change_is_no_difference() -> None:
    wanted = contents(probes={"c1": hits(343.88836, 1.0, 0.5, 0.5, names="abcd")})
    found = contents(probes={"c1": hits(343.88848, 1.0, 0.5, 0.5, names="abdc")})

    assert differences(found, wanted) == []
