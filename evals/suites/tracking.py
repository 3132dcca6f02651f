"""Records runs in the layout of MLflow's local file store, which `mlflow ui` shows.

Files are written, and nothing of MLflow is imported: its client cannot be installed beside the
versions that this project pins (it wants cachetools below 7).
"""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

from evals.suites.results import SuiteResult

_FINISHED: Final = 3
_LOCAL: Final = 4
_MOST_PARAM_CHARS: Final = 500


def record_result(folder: Path, result: SuiteResult) -> Path:
    """Record a run of a suite; returns the folder of the run."""
    params = {
        "commit": result.commit or "",
        "dataset": result.dataset,
        "settings": result.settings,
        **{f"model.{name}": value for name, value in result.models.items()},
        **{f"prompt.{name}": value for name, value in result.prompts.items()},
    }
    metrics = {name: value for name, value in result.means.items() if value is not None}
    name = f"{result.suite}-{result.created_at:%Y%m%dT%H%M%S}"
    return record(
        folder,
        f"cicerone-eval-{result.suite}",
        name=name,
        moment=result.created_at,
        params=params,
        metrics=metrics,
    )


def record_tuning(folder: Path, report: Mapping[str, Any], moment: datetime) -> Path:
    """Record a search for settings; returns the folder of the run."""
    params = {"setting": yaml.safe_dump(report["setting"]), "trials": str(report["trials"])}
    metrics = {f"held_out.{name}": value for name, value in report["proof"].items()}
    metrics |= {name: report[name] for name in ("before", "after")}
    name = f"tune-{moment:%Y%m%dT%H%M%S}"
    return record(folder, "cicerone-tune", name=name, moment=moment, params=params, metrics=metrics)


def record(
    folder: Path,
    experiment: str,
    *,
    name: str,
    moment: datetime,
    params: Mapping[str, str],
    metrics: Mapping[str, float],
) -> Path:
    """Write a finished run below a file store (a folder that is usually called `mlruns`)."""
    at = int(moment.timestamp() * 1000)
    home = _experiment(folder, experiment, at)
    run_id = uuid.uuid4().hex
    run = home / run_id
    for part in ("metrics", "params", "tags", "artifacts"):
        (run / part).mkdir(parents=True)
    for key, text in params.items():
        _write(run / "params", key, text[:_MOST_PARAM_CHARS])
    for key, value in metrics.items():
        _write(run / "metrics", key, f"{at} {value} 0\n")
    _write(run / "tags", "mlflow.runName", name)
    meta = {
        "artifact_uri": (run / "artifacts").absolute().as_uri(),
        "end_time": at,
        "entry_point_name": "",
        "experiment_id": home.name,
        "lifecycle_stage": "active",
        "run_id": run_id,
        "run_name": name,
        "run_uuid": run_id,
        "source_name": "",
        "source_type": _LOCAL,
        "source_version": "",
        "start_time": at,
        "status": _FINISHED,
        "tags": [],
        "user_id": "cicerone",
    }
    _meta(run, meta)
    return run


def _experiment(folder: Path, name: str, at: int) -> Path:
    """Return the folder of an experiment; its id follows from its name."""
    id = str(uuid.uuid5(uuid.NAMESPACE_OID, name).int % 10**18)
    home = folder / id
    if not (home / "meta.yaml").exists():
        home.mkdir(parents=True, exist_ok=True)
        meta = {
            "artifact_location": home.absolute().as_uri(),
            "creation_time": at,
            "experiment_id": id,
            "last_update_time": at,
            "lifecycle_stage": "active",
            "name": name,
        }
        _meta(home, meta)
    return home


def _meta(folder: Path, meta: Mapping[str, Any]) -> None:
    (folder / "meta.yaml").write_text(yaml.safe_dump(dict(meta)), encoding="utf-8")


def _write(folder: Path, key: str, text: str) -> None:
    """Write one value; MLflow allows letters, digits and `_-. /` in names."""
    (folder / re.sub(r"[^A-Za-z0-9_.-]", "_", key)).write_text(text, encoding="utf-8")
