"""Run files: other tools read from them what was ranked here."""

from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, R, nDCG

from evals.errors import DatasetError
from evals.metrics import ranking_metrics
from evals.trec import write_run

JUDGED = {"q1": {"a": 2, "b": 1}, "q2": {"c": 1}, "q3": {"a": 1}}
RANKED = {"q1": ["x", "b", "a"], "q2": ["c"], "q3": [f"d{n}" for n in range(20)] + ["a"]}


def test_another_reader_gets_the_same_figures(tmp_path: Path) -> None:
    run, qrels = tmp_path / "ours.run", tmp_path / "judged.qrels"
    write_run(RANKED, run)
    qrels.write_text("".join(f"{q} 0 {d} {g}\n" for q, of in JUDGED.items() for d, g in of.items()))
    theirs = ir_measures.calc_aggregate(
        [nDCG @ 10, R @ 100, RR @ 10],
        ir_measures.read_trec_qrels(str(qrels)),  # type: ignore[no-untyped-call]
        ir_measures.read_trec_run(str(run)),  # type: ignore[no-untyped-call]
    )
    ours = ranking_metrics(JUDGED, RANKED)
    assert {str(m): pytest.approx(v) for m, v in theirs.items()} == {
        name: ours[name] for name in ("nDCG@10", "R@100", "RR@10")
    }
    assert ours["nDCG@10"] > 0.4


def test_each_document_has_a_line_with_its_rank(tmp_path: Path) -> None:
    write_run({"q": ["b", "a"]}, tmp_path / "a.run")
    assert (tmp_path / "a.run").read_text() == "q Q0 b 1 2 cicerone\nq Q0 a 2 1 cicerone\n"


@pytest.mark.parametrize("id", ["oven 1", "", "tab\tbed"])
def test_an_id_with_a_space_is_refused_by_name(tmp_path: Path, id: str) -> None:
    with pytest.raises(DatasetError, match="no spaces"):
        write_run({"q": [id]}, tmp_path / "a.run")
