"""The rules for Prometheus, tested by its own tool."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "deploy" / "prometheus"

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if not found:
        pytest.fail("no promtool: apt-get install prometheus", pytrace=False)
    return found


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_is_one_that_prometheus_takes(promtool: str, tmp_path: Path) -> None:
    folder = shutil.copytree(RULES, tmp_path / "prometheus")
    (folder / "token").write_text("secret")
    assert "SUCCESS" in run(promtool, "check", "config", str(folder / "prometheus.yml"))


def test_alerts_and_objectives_say_what_they_should(promtool: str, tmp_path: Path) -> None:
    folder = shutil.copytree(RULES / "rules", tmp_path / "rules")
    shutil.copy(HERE / "alerts.test.yml", folder)
    assert "SUCCESS" in run(promtool, "test", "rules", str(folder / "alerts.test.yml"))
