"""The dashboards: valid, tidy, and about metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics.counting import Metrics

HERE = Path(__file__).parent
DEPLOY = HERE.parents[1] / "deploy"
BOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
SCHEMA = json.loads((HERE / "dashboard.schema.json").read_text(encoding="utf-8"))
NOW = {
    "cicerone_capability_health",
    "cicerone_queue_depth",
    "cicerone_queue_age_seconds",
    "cicerone_jobs_running",
    "cicerone_jobs_ended_total",
    "cicerone_documents",
    "cicerone_arrivals",
    "cicerone_spans_not_kept_total",
}
"""What is read from the database and from the process when Prometheus asks."""
_NAME = re.compile(r"\bcicerone[_:][a-z0-9_:]+")


@pytest.fixture(params=BOARDS, ids=lambda path: path.stem)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text(encoding="utf-8"))
    return found


def known() -> set[str]:
    names = set(NOW)
    for family in text_string_to_metric_families(generate_latest(Metrics().registry).decode()):
        total = f"{family.name}_total"
        parts = {f"{family.name}_{end}" for end in ("bucket", "count", "sum")}
        names |= {total} if family.type == "counter" else parts
    for path in (DEPLOY / "prometheus" / "rules").glob("*.yml"):
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        names |= {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}
    return names


def test_a_board_is_one_that_grafana_takes(board: dict[str, Any]) -> None:
    jsonschema.validate(board, SCHEMA)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))


def test_panels_do_not_lie_over_each_other(board: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        grid = panel["gridPos"]
        assert grid["x"] + grid["w"] <= 24
        cells = {
            (x, y)
            for x in range(grid["x"], grid["x"] + grid["w"])
            for y in range(grid["y"], grid["y"] + grid["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_boards_ask_for_metrics_that_exist(board: dict[str, Any]) -> None:
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in _NAME.findall(target["expr"])
    }
    assert asked <= known()


def test_rules_ask_for_metrics_that_exist() -> None:
    exprs = [
        rule["expr"]
        for path in (DEPLOY / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
    assert {name for expr in exprs for name in _NAME.findall(expr)} <= known()
