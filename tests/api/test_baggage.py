"""Which names of an experiment are taken from a request."""

import pytest

from api.baggage import MAX_CHARS, tags_of

BOTH = {"experiment": "rerank-2", "variant": "b"}


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, {}),
        ("", {}),
        ("experiment=rerank-2,variant=b", BOTH),
        (" experiment = rerank-2 ;owner=ann , other=1,variant=%62", BOTH),
        ("variant=b", {"variant": "b"}),
        ("experiment,variant=", {}),
        ("experiment=bob%40example.com,variant=b", {"variant": "b"}),
        ("experiment=0049301234567", {}),
        ("experiment=" + "a" * 65, {}),
        ("tenant_id=other,route=x", {}),
        ("experiment=a," + "x" * MAX_CHARS, {}),
    ],
)
def test_only_names_of_an_experiment_are_taken(header: str | None, tags: dict[str, str]) -> None:
    assert tags_of(header) == tags
