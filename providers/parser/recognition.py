"""When the text of scanned pages is recognised (OCR), and what that needs."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

INSTALL: Final = "apt-get install tesseract-ocr"


class Ocr(StrEnum):
    """When to recognise: scans only if Tesseract is there, never, or every page of a PDF."""

    AUTO = "auto"
    OFF = "off"
    FORCE = "force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What to recognise: pages without text, or all pages with `every_page`."""

    languages: tuple[str, ...]
    every_page: bool = False


def is_installed() -> bool:
    """Tell whether Tesseract is there."""
    return shutil.which("tesseract") is not None
