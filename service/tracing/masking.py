"""Takes personal data and secrets out of what is kept.

Texts are long and mostly harmless, so that cheap signs come first: only around them the exact
forms are looked for.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from providers.guardrail.secrets import secrets_in

_EMAIL: Final = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")
_NUMBERS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("card", re.compile(r"\b(?:\d[ -]?){12,18}\d\b")),
    ("phone", re.compile(r"(?<![\w.])(?:\+|00)\d{1,3}[ /().-]{0,2}(?:\d[ /().-]{0,2}){6,12}\d\b")),
    ("ip", re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")),
)
_AT: Final = re.compile("@")
_LONG_NUMBER: Final = re.compile(r"\d(?:[ ./()-]{0,2}\d){5}|\d\.\d{1,3}\.\d")
"""Six digits with little between them, or what may be an address of a machine."""
_SECRET_SIGNS: Final = (
    *("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat", "sk-"),
    *("sk_", "rk_", "xox", "aiza", "npm_", "pypi-", "hf_", ":aa", "eyj", "://", "cic_"),
    *("key", "secret", "token", "bearer", "passw", "passphrase", "pwd", "kennwort"),
    *("mot de passe", "contraseña"),
)
"""In lower case. Searching for words is many times quicker than one expression for all."""
_NUMBER_MARGIN, _EMAIL_MARGIN, _SECRET_MARGIN = 40, 380, 400
_CACHED_CHARS: Final = 8_192
_LUHN_BASE: Final = 10


def masked(text: str) -> str:
    """Return a text with a mark such as `[email]` in place of each finding."""
    return _remembered(text) if len(text) <= _CACHED_CHARS else _masked(text)


def masked_value(value: Any) -> Any:
    """Return the same shape of a JSON value with every text in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: masked_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(each) for each in value]
    return value


def _masked(text: str) -> str:
    if "@" in text:
        text = _around(_places(_AT, text), _EMAIL_MARGIN, text, _mask_emails)
    text = _around(_places(_LONG_NUMBER, text), _NUMBER_MARGIN, text, _mask_numbers)
    return _around(_signs(text), _SECRET_MARGIN, text, _mask_secrets)


_remembered = lru_cache(maxsize=512)(_masked)
"""The same instructions and questions come again and again."""


def _places(sign: re.Pattern[str], text: str) -> list[int]:
    return [found.start() for found in sign.finditer(text)]


def _signs(text: str) -> list[int]:
    lowered, found = text.lower(), []
    if len(lowered) != len(text):  # a letter that has no lower case of one letter
        return list(range(0, len(text), _SECRET_MARGIN))
    for sign in _SECRET_SIGNS:
        place = lowered.find(sign)
        while place >= 0:
            found.append(place)
            place = lowered.find(sign, place + _SECRET_MARGIN)
    return sorted(found)


def _around(places: list[int], margin: int, text: str, mask: Callable[[str], str]) -> str:
    """Mask the parts of a text that lie around some places."""
    if not places:
        return text
    parts: list[str] = []
    done = 0
    for start, end in _windows(places, margin, len(text)):
        parts += [text[done:start], mask(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def _windows(places: list[int], margin: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches that begin `margin` before a place and end twice that behind it."""
    start, end = max(0, places[0] - margin), 0
    for place in places:
        if end and place - margin > end:
            yield start, end
            start = place - margin
        end = min(size, place + 2 * margin)
    yield start, end


def _mask_emails(text: str) -> str:
    return _EMAIL.sub("[email]", text)


def _mask_numbers(text: str) -> str:
    for name, pattern in _NUMBERS:
        text = pattern.sub(
            lambda found, name=name: _mark(name, found[0]),  # type: ignore[misc]
            text,
        )
    return text


def _mask_secrets(text: str) -> str:
    for secret in sorted(secrets_in(text), key=lambda each: -each.start):
        text = f"{text[: secret.start]}[secret]{text[secret.end :]}"
    return text


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
