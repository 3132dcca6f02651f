"""Takes personal data and secrets out of what is kept."""

import re
from collections.abc import Mapping
from typing import Any, Final

from providers.guardrail.secrets import secrets_in

_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("email", re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("card", re.compile(r"\b(?:\d[ -]?){12,18}\d\b")),
    ("phone", re.compile(r"(?<![\w.])(?:\+|00)\d{1,3}[ /().-]{0,2}(?:\d[ /().-]{0,2}){6,12}\d\b")),
    ("ip", re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")),
)
_SECRET_SIGNS: Final = re.compile(
    r"KEY|AKIA|ASIA|gh[pousr]_|github_pat|glpat|sk-|xox|AIza|k_live|k_test|npm_|pypi-|hf_|:AA|eyJ|"
    r"://|cic_|key|secret|token|bearer|passw|passp|pwd|kennwort|mot de passe|contraseña",
    re.IGNORECASE,
)
"""Without one of these no secret is in a text; looking for all forms takes ten times as long."""
_LUHN_BASE: Final = 10


def masked(text: str) -> str:
    """Return a text with a mark such as `[email]` in place of each finding."""
    if "@" in text or any(map(str.isdigit, text)):
        for name, pattern in _PATTERNS:
            text = pattern.sub(
                lambda found, name=name: _mark(name, found[0]),  # type: ignore[misc]
                text,
            )
    if _SECRET_SIGNS.search(text) is None:
        return text
    for secret in sorted(secrets_in(text), key=lambda each: -each.start):
        text = f"{text[: secret.start]}[secret]{text[secret.end :]}"
    return text


def masked_value(value: Any) -> Any:
    """Return the same shape of a JSON value with every text in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: masked_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(each) for each in value]
    return value


def _mark(name: str, found: str) -> str:
    """Leave numbers alone that only look like one of a card."""
    if name == "card" and not _is_card(found):
        return found
    return f"[{name}]"


def _is_card(found: str) -> bool:
    """Check the last digit by the Luhn algorithm (ISO/IEC 7812-1)."""
    digits = [int(each) for each in found if each.isdigit()]
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled >= _LUHN_BASE else doubled
    return total % _LUHN_BASE == 0
