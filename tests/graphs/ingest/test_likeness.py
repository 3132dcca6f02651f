"""Signatures tell how alike two texts are."""

import itertools

import numpy as np
import pytest

from graphs.ingest.likeness import BANDS, PERMUTATIONS, ROWS, compare, shingles, sign


def words(start: int, end: int) -> str:
    return " ".join(f"word{number}" for number in range(start, end))


def exact(one: str, two: str) -> tuple[float, float]:
    a, b = shingles(one), shingles(two)
    return len(a & b) / len(a | b), len(a & b) / min(len(a), len(b))


def test_a_text_is_like_itself_whatever_its_case_and_marks() -> None:
    text = words(0, 300)

    found = compare(sign(text), sign(text.upper().replace(" ", ",\n")))

    assert found is not None
    assert (found.jaccard, found.containment, found.share) == (1, 1, 1)
    assert found.is_same


@pytest.mark.parametrize("moved", [50, 150, 250, 400])
def test_an_estimate_is_close_to_the_truth(moved: int) -> None:
    one, two = words(0, 2000), words(moved, 2000 + moved)
    jaccard, containment = exact(one, two)

    found = compare(sign(one), sign(two))

    assert found is not None
    assert found.jaccard == pytest.approx(jaccard, abs=0.09)
    assert found.containment == pytest.approx(containment, abs=0.09)


def test_a_short_extract_of_a_long_text_is_no_revision() -> None:
    assert compare(sign(words(0, 2000)), sign(words(100, 200))) is None


def test_what_a_longer_edition_keeps_is_told_by_its_share() -> None:
    older, newer = sign(words(0, 600)), sign(words(0, 1000))

    found, reverse = compare(newer, older), compare(older, newer)

    assert found is not None
    assert reverse is not None
    assert found.share > 0.9
    assert reverse.share == pytest.approx(0.6, abs=0.1)


@pytest.mark.parametrize("text", ["", "…", "Seite 2"])
def test_next_to_nothing_is_like_the_same_only(text: str) -> None:
    assert compare(sign(text), sign("Keep dry.")) is None


def test_short_texts_have_to_be_the_same() -> None:
    first = "Warning: unplug the kettle before you clean it and let it cool."
    assert compare(sign(first), sign(first)) is not None
    assert compare(sign(first), sign(first.replace("kettle", "toaster"))) is None


def test_bands_find_revisions_and_leave_strangers() -> None:
    """One pair of Jaccard .6 in 29,000 would be missed by chance; all of these are found."""
    one = sign(words(0, 1000))
    alike = [sign(words(250 + n, 1250 + n)) for n in range(20)]
    strangers = [sign(" ".join(f"w{n}x{m}" for m in range(300))) for n in range(40)]

    assert all(set(enumerate(one.bands)) & set(enumerate(other.bands)) for other in alike)
    met = [
        set(enumerate(a.bands)) & set(enumerate(b.bands))
        for a, b in itertools.combinations(strangers, 2)
    ]
    assert sum(map(bool, met)) <= 2
    assert len(one.bands) == BANDS
    assert BANDS * ROWS <= PERMUTATIONS == len(np.frombuffer(one.hashes, dtype="<u4"))


def test_signatures_of_two_methods_do_not_compare() -> None:
    one = sign(words(0, 300))
    other = type(one)(method="older", shingles=one.shingles, hashes=one.hashes)

    assert compare(one, other) is None
