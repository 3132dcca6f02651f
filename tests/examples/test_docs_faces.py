"""The documentation names commands and addresses that exist."""

import re
import shlex
from pathlib import Path

import pytest

from api.app import create_app
from cli.main import main
from service.settings import CONFIG_VARIABLE, load_settings

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_CALL = re.compile(r"^(?:\$ |\| `).*?\bcicerone ((?:\\\n|[^`\n<])+)", re.MULTILINE)


def calls() -> list[list[str]]:
    """Collect the arguments of every `cicerone` command that the documentation shows."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    found = {match[1].replace("\\\n", " ") for text in texts for match in _CALL.finditer(text)}
    return [shlex.split(call, comments=True) for call in sorted(found)]


@pytest.mark.parametrize("arguments", calls(), ids=" ".join)
def test_every_command_that_is_shown_can_be_run(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, "unused.yaml")

    assert main([*arguments, "--help"]) == 0


def test_the_page_of_addresses_lists_every_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/http.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z]+ /[^`]+)`", page, flags=re.MULTILINE))
    paths = create_app(load_settings(home=tmp_path)).openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}

    assert listed == served
