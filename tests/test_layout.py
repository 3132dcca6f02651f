"""The tree is flat and is an application: its package names must resolve here and only here."""

import importlib
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_package_resolves_under_the_repository(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"


def test_no_other_distribution_claims_a_name() -> None:
    owners = packages_distributions()
    assert {owner for name in PACKAGES for owner in owners.get(name, [])} <= {"cicerone"}


def test_every_package_is_listed() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found == set(PACKAGES)


def test_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_is_never_published() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


def test_fast_moving_packages_are_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line and "://" not in line for line in pins)
    names = {line.split("==")[0].lower() for line in pins}
    assert {"langgraph", "qdrant-edge-py", "kreuzberg", "fastembed"} <= names


def test_every_entry_point_names_a_module_that_exists() -> None:
    for group in PROJECT["project"]["entry-points"].values():
        for target in group.values():
            module = target.split(":")[0].replace(".", "/")
            assert (ROOT / f"{module}.py").is_file(), target
