from datetime import UTC, datetime
from pathlib import Path

import yaml

from evals.suites.results import SuiteResult
from evals.suites.tracking import record_result, record_tuning


def test_a_run_lies_as_mlflow_expects_it(tmp_path: Path) -> None:
    result = SuiteResult(
        suite="quick",
        dataset="d" * 64,
        cases={},
        models={"embedder": "hashing"},
        prompts={"synthesize": "v2:abc"},
        settings="s",
        scores={"retrieval.ndcg@10": {"a": 0.5, "b": 1.0}, "answers.bleu": {}},
    )
    run = record_result(tmp_path, result)
    again = record_result(tmp_path, result)
    assert run.parent == again.parent, "runs of a suite are one experiment"
    meta = yaml.safe_load((run / "meta.yaml").read_text())
    assert (meta["run_id"], meta["status"], meta["lifecycle_stage"]) == (run.name, 3, "active")
    at, value, step = (run / "metrics" / "retrieval.ndcg_10").read_text().split()
    assert (int(at), float(value), step) == (meta["start_time"], 0.75, "0")
    assert not (run / "metrics" / "answers.bleu").exists()
    assert (run / "params" / "model.embedder").read_text() == "hashing"
    assert (run / "tags" / "mlflow.runName").read_text().startswith("quick-")
    experiment = yaml.safe_load((run.parent / "meta.yaml").read_text())
    assert (experiment["name"], experiment["experiment_id"]) == (
        "cicerone-eval-quick",
        run.parent.name,
    )


def test_a_search_for_settings_is_recorded(tmp_path: Path) -> None:
    report = {
        "trials": 3,
        "before": 0.5,
        "after": 0.6,
        "proof": {"change": 0.1},
        "setting": {"query": {"fusion": {"method": "dbsf"}}},
    }
    run = record_tuning(tmp_path, report, datetime(2026, 11, 25, tzinfo=UTC))
    assert (run / "metrics" / "held_out.change").read_text().split()[1] == "0.1"
    assert "dbsf" in (run / "params" / "setting").read_text()
