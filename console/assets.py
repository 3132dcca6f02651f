"""Style sheet, script and icon: files of this package, so that the console works offline."""

import hashlib
from pathlib import Path
from typing import Final

from nicegui import app, ui

_FOLDER: Final = Path(__file__).parent / "static"
FAVICON: Final = _FOLDER / "favicon.svg"
_STYLES: Final = (
    "base",
    "controls",
    "frame",
    "chat",
    "past",
    "panel",
    "library",
    "traces",
    "cards",
    "small",
)
"""Style sheets, in the order in which later ones win."""


def add() -> None:
    """Serve the files and link them from every page, relative to it.

    The script stands before the style sheet and blocks: it chooses light or dark before
    anything is painted.
    """
    app.add_static_files("/assets", _FOLDER, max_cache_age=365 * 24 * 3600)
    styles = "".join(
        f'<link rel="stylesheet" href="{_address(f"{name}.css")}">' for name in _STYLES
    )
    ui.add_head_html(
        '<meta name="color-scheme" content="light dark">'
        f'<script src="{_address("console.js")}"></script>{styles}',
        shared=True,
    )


def _address(name: str) -> str:
    """Name a file with a digest of its content, so that a cache never serves an old one."""
    digest = hashlib.sha256((_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"assets/{name}?v={digest}"
