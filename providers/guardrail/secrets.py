"""Recognises keys and passwords by their form; the forms are documented by their issuers."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----")),
    ("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})\b")),
    ("GitLab token", re.compile(r"\bglpat-[\w-]{20,}\b")),
    ("model provider's key", re.compile(r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}\b")),
    ("Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b")),
    ("Google key", re.compile(r"\bAIza[\w-]{35}\b")),
    ("payment key", re.compile(r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}\b")),
    ("package registry token", re.compile(r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,})\b")),
    ("model hub token", re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    ("bot token", re.compile(r"\b\d{8,10}:AA[\w-]{33}\b")),
    ("signed token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    (
        "address with a password",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,64}:[^\s/@]{3,}@"),
    ),
    ("service key", re.compile(r"\bcic_[A-Za-z0-9_-]{20,}\b")),
)
_NAMED = re.compile(
    r"\b(?:api[_ -]?key|apikey|secret(?:[_ -]?(?:key|access[_ -]?key))?|access[_ -]?token|"
    r"auth[_ -]?token|client[_ -]?secret|private[_ -]?key|bearer|passwor[dt]|passwd|pwd|kennwort|"
    r"passphrase|mot de passe|contraseña)\b\s*(?:is|ist|est|lautet|=|:|:=|=>)\s*[\"'`]?(?P<value>[^\s\"'`,;]{8,})",
    re.IGNORECASE,
)
_MIN_BITS = 2.8
"""Entropy a character: words lie below 2.8 with few exceptions, made keys above 3."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What form a secret has, and where it stands."""

    kind: str
    start: int
    end: int


def secrets_in(text: str) -> Iterator[Secret]:
    """Yield the secrets in a text."""
    for kind, pattern in _FORMS:
        for match in pattern.finditer(text):
            yield Secret(kind, *match.span())
    for match in _NAMED.finditer(text):
        if _looks_made(match["value"]):
            yield Secret("named secret", *match.span("value"))


def _looks_made(value: str) -> bool:
    kinds = sum(
        any(test(c) for c in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    return kinds >= 2 and _entropy(value) >= _MIN_BITS  # noqa: PLR2004


def _entropy(value: str) -> float:
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
