import pytest

from graphs.query.fusion import fuse, unit_range
from graphs.query.settings import FusionMethod, FusionSettings
from providers.types import Candidates, ScoredPoint


def points(**scores: float) -> tuple[ScoredPoint, ...]:
    return tuple(ScoredPoint(id, score) for id, score in scores.items())


BOTH = Candidates(dense=points(a=0.9, b=0.8, c=0.1), sparse=points(b=12.0, d=11.0, a=2.0))


@pytest.mark.parametrize("method", list(FusionMethod))
def test_a_candidate_of_both_branches_wins(method: FusionMethod) -> None:
    fused = fuse(BOTH, FusionSettings(method=method), language="en")
    assert fused[0].id == "b"
    assert {candidate.id for candidate in fused} == set("abcd")
    assert all(0.0 <= candidate.score <= 1.0 for candidate in fused)


def test_scores_and_ranks_of_each_branch_are_kept() -> None:
    found = {candidate.id: candidate for candidate in fuse(BOTH, FusionSettings(), language="en")}
    assert (found["a"].dense_rank, found["a"].dense_score) == (1, 0.9)
    assert (found["a"].sparse_rank, found["a"].sparse_score) == (3, 2.0)
    assert (found["d"].dense_rank, found["d"].dense_score) == (None, None)


@pytest.mark.parametrize("method", list(FusionMethod))
def test_one_branch_keeps_its_order(method: FusionMethod) -> None:
    only = Candidates(sparse=points(x=3.0, y=2.0, z=1.0))
    fused = fuse(only, FusionSettings(method=method, weights={"default": 1.0}), language="en")
    assert [candidate.id for candidate in fused] == ["x", "y", "z"]


def test_weights_follow_the_language() -> None:
    settings = FusionSettings(
        method=FusionMethod.WEIGHTED, weights={"en": 1.0, "de": 0.0, "default": 0.5}
    )
    assert fuse(BOTH, settings, language="en")[0].id == "a"
    assert fuse(BOTH, settings, language="de")[0].id == "b"


def test_dbsf_maps_three_deviations_onto_the_unit_range() -> None:
    fused = fuse(Candidates(dense=points(a=3.0, b=2.0, c=1.0)), FusionSettings(), language="en")
    # mean 2, sample deviation 1: bounds are -1 and 5
    assert [candidate.score for candidate in fused] == pytest.approx([4 / 6, 3 / 6, 2 / 6])


def test_rrf_follows_ranks_alone() -> None:
    settings = FusionSettings(method=FusionMethod.RRF, rrf_k=1)
    fused = fuse(Candidates(dense=points(a=99.0, b=0.1)), settings, language="en")
    assert [candidate.score for candidate in fused] == pytest.approx([1.0, 2 / 3])


def test_ties_have_one_order() -> None:
    tied = Candidates(dense=points(b=1.0, a=1.0))
    assert [c.id for c in fuse(tied, FusionSettings(), language="en")] == ["a", "b"]


def test_nothing_found() -> None:
    assert not fuse(Candidates(), FusionSettings(), language="en")
    assert unit_range([]) == []


@pytest.mark.parametrize("weights", [{"en": 0.5}, {"default": 1.5}])
def test_wrong_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        FusionSettings(weights=weights)
