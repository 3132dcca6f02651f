"""Lets hidden text be read: folding of look-alikes, and payloads that are encoded.

A view is what a model may read in a text, with where in the original each character stands.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_TAGS = range(0xE0020, 0xE007F)
"""Unicode tag characters: invisible, and read as ASCII by many models."""
_FLAGS = range(0x1F1E6, 0x1F200)
_LIKE = dict(
    zip(
        "абвгеикмнорстухѕіјԁһѵԛԝӏɡαβεηικνορτυχωᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢıſ",
        "abbreukmhopctyxsijdhvqwlgabenikvoptuxwabcdefghijklmnopqrstuvwyzis",
        strict=True,
    )
)
"""Letters of other scripts that look like Latin ones."""
_LEET = str.maketrans("01345789$@!|", "oieastbgsail")
_MIN_DECODED = 8
_PRINTABLE = 0.9
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/])")
_HEX = re.compile(r"(?<!\w)(?:0x)?(?:[0-9a-fA-F]{2}[\s:,]?){10,}(?!\w)")
_HEX_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}){4,}")
_BINARY = re.compile(r"(?<!\w)(?:[01]{8}[\s,]*){6,}(?!\w)")
_DECIMAL = re.compile(r"(?<!\w)(?:(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])[\s,]+){10,}\d{2,3}(?!\w)")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}|[\w.~+-]){6,}")
_ENTITIES = re.compile(r"(?:&#x?[0-9A-Fa-f]{2,5};\s?){4,}")
_WORDY = re.compile(r"[^\W\d_]{2,}(?:[\s,;:'-]+[^\W\d_]{1,}){3,}")
_MORSE = re.compile(r"(?:[.\-·−–]{1,5}[ /|]+){8,}[.\-·−–]{1,5}")
_SPELLED = re.compile(r"(?:(?<!\w)\w[ ._*|/,+~-]{1,3}){4,}\w(?!\w)")
_BROKEN = re.compile(r"(?<=[a-z])[-_.·*~|](?=[a-z])")
_EMPHASIS = re.compile(r"(?<!\w)[*_~`]{1,3}(?=\w)|(?<=\w)[*_~`]{1,3}(?!\w)")
_MANY = 3
_MIXED = re.compile(r"[a-z0-9$@!|]{3,}")
_TELLING = (
    "ignore", "instruction", "prompt", "system", "previous", "anweisung", "consigne", "rules",
    "vergiss", "regeln", "vorherig", "bisherig", "oublie", "precedent", "affiche", "revele",
    "assistant", "assistent", "nutzer", "utilisateur", "passwor", "reveal", "antworte", "disregard",
    "forget", "developer", "the reader", "dem leser", "lecteur", "recommend", "empfiehl", "reponds",
)  # fmt: skip
"""Words that tell that a text was turned round or its alphabet rotated."""
_MORSE_CODE = dict(
    zip(
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- "
        ".-- -..- -.-- --..".split(),
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)


_ENCODINGS = frozenset({"base64", "hex", "escapes", "binary", "character codes", "morse"})


@dataclass(frozen=True, slots=True)
class View:
    """One reading of a text; character `i` of `text` comes from `origin[i]` of the original.

    `how` says how it was hidden, empty for the plain reading.
    """

    text: str
    origin: list[int]
    end: int
    how: str = ""

    @property
    def speaks(self) -> bool:
        """Whether this is a sentence that was encoded."""
        return self.how in _ENCODINGS and _WORDY.search(self.text) is not None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that [start, end) of this reading comes from."""
        if not self.origin or start >= len(self.origin):
            return self.end, self.end
        part = self.origin[start : max(end, start + 1)]
        return min(part), max(part) + 1


def fold(text: str, how: str = "") -> View:
    """Return the plain reading: look-alikes as Latin letters, no accents, lower case.

    Invisible characters go; tag characters become the ASCII that they stand for.
    """
    letters: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        starts = ord(character) in _TAGS and (index == 0 or ord(text[index - 1]) not in _TAGS)
        # What is written in tags stands by itself, whatever it was glued to.
        for letter in ("\n\n" if starts else "") + _fold(character):
            letters.append(letter)
            origin.append(index)
    return View("".join(letters), origin, len(text), how)


def _fold(character: str) -> str:
    if character.isascii():
        return character.lower()
    code = ord(character)
    if code in _TAGS:
        return chr(code - 0xE0000).lower()
    if code in _FLAGS:
        return chr(ord("a") + code - _FLAGS.start)
    if character in "’‘ʼ`´":
        return "'"
    folded = unicodedata.normalize("NFKD", character).casefold()
    kept = (c for c in folded if unicodedata.category(c) not in {"Mn", "Cf", "Cc", "Co"})
    return "".join(_LIKE.get(c, c) for c in kept)


def views(text: str) -> list[View]:
    """Return the readings of a text, the plain one first."""
    plain = fold(text)
    found = [plain]
    if (unmarked := _unmarked(plain)) is not None:
        found.append(unmarked)
    if (leet := _unleet(plain)) is not None:
        found.append(leet)
    found += _spelled(plain)
    found += _turned(plain)
    for start, end, decoded, how in _decoded(text):
        inner = fold(decoded, how)
        found.append(View(inner.text, [start] * len(inner.text), end, how))
    return [_whole(view) for view in found]


def _whole(view: View) -> View:
    """Let a decoded reading stand for the whole of what it was decoded from."""
    if view.how in {"", "leet", "spelled", "turned"} or not view.origin:
        return view
    return View(view.text, [*view.origin[:-1], view.end - 1], view.end, view.how)


def _unleet(plain: View) -> View | None:
    """Read digits and signs within words as the letters they look like."""

    def read(match: re.Match[str]) -> str:
        word = match.group()
        letters = sum(c.isalpha() for c in word)
        return word.translate(_LEET) if letters and letters < len(word) else word

    text = _MIXED.sub(read, plain.text)
    return None if text == plain.text else View(text, plain.origin, plain.end, "leet")


def _unmarked(plain: View) -> View | None:
    """Read words as they stand without the marks of bold, italics and code around them."""
    marks = list(_EMPHASIS.finditer(plain.text))
    if len(marks) < _MANY:
        return None
    gone = {index for mark in marks for index in range(*mark.span())}
    kept = [index for index in range(len(plain.text)) if index not in gone]
    text = "".join(plain.text[index] for index in kept)
    return View(text, [plain.origin[index] for index in kept], plain.end)


def _spelled(plain: View) -> Iterator[View]:
    """Join words that are spelled letter by letter, or broken up by signs."""
    for match in _SPELLED.finditer(plain.text):
        yield _joined(plain, *match.span())
    if len(_BROKEN.findall(plain.text)) >= _MANY:
        kept = [i for i in range(len(plain.text)) if not _BROKEN.match(plain.text, i)]
        text = "".join(plain.text[i] for i in kept)
        yield View(text, [plain.origin[i] for i in kept], plain.end, "spelled")


def _joined(plain: View, start: int, end: int) -> View:
    """Join letters; a wider gap than most is one between words."""
    letters: list[str] = []
    origin: list[int] = []
    gap = 0
    for index in range(start, end):
        character = plain.text[index]
        if not character.isalnum():
            gap += 1
            continue
        if gap > 1 and letters:
            letters.append(" ")
            origin.append(plain.origin[index])
        letters.append(character)
        origin.append(plain.origin[index])
        gap = 0
    return View("".join(letters), origin, plain.end, "spelled")


def squeezed(view: View) -> View:
    """Return a reading without anything between its letters and digits."""
    kept = [i for i, c in enumerate(view.text) if c.isalnum()]
    text = "".join(view.text[i] for i in kept)
    return View(text, [view.origin[i] for i in kept], view.end, view.how)


def _turned(plain: View) -> Iterator[View]:
    back = plain.text[::-1]
    if any(word in back for word in _TELLING):
        yield View(back, plain.origin[::-1], plain.end, "turned")
    words = re.sub(r"\w+", lambda match: match.group()[::-1], plain.text)
    readings = [words, *(plain.text.translate(table) for table in (_ATBASH, *_SHIFTS))]
    # One look at all of them: hardly any text was turned.
    together = "\n".join(readings)
    if not any(word in together for word in _TELLING):
        return
    told = sum(word in plain.text for word in _TELLING)
    for text in readings:
        if sum(word in text for word in _TELLING) > told:
            yield View(text, plain.origin, plain.end, "turned")


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_SHIFTS = [
    str.maketrans(_ALPHABET, _ALPHABET[shift:] + _ALPHABET[:shift]) for shift in range(1, 26)
]
_ATBASH = str.maketrans("abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")


def _decoded(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield what is encoded in a text: start, end, what it says, and the encoding."""
    decoders: tuple[tuple[re.Pattern[str], Callable[[str], str], str], ...] = (
        (_BASE64, _base64, "base64"),
        (_HEX, _hex, "hex"),
        (_HEX_ESCAPES, _escapes, "escapes"),
        (_BINARY, _binary, "binary"),
        (_DECIMAL, _decimal, "character codes"),
        (_PERCENT, _percent, "percent"),
        (_ENTITIES, html.unescape, "entities"),
        (_MORSE, _morse, "morse"),
    )
    for pattern, decode, how in decoders:
        for match in pattern.finditer(text):
            try:
                decoded = decode(match.group())
            except (ValueError, binascii.Error, UnicodeDecodeError):
                continue
            if _readable(decoded) and decoded != match.group():
                yield match.start(), match.end(), decoded, how


def _readable(text: str) -> bool:
    if len(text) < _MIN_DECODED:
        return False
    plain = sum(c.isalnum() or c in " \n\t.,:;!?'\"-_/()[]<>{}=" for c in text)
    return plain / len(text) >= _PRINTABLE and any(c.isalpha() for c in text)


def _base64(word: str) -> str:
    padded = word.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(padded + "=" * (-len(padded) % 4)).decode()


def _hex(digits: str) -> str:
    return bytes.fromhex(re.sub(r"0x|[\s:,]", "", digits)).decode()


def _escapes(text: str) -> str:
    return codecs.decode(text.encode("ascii", "ignore"), "unicode_escape")


def _binary(bits: str) -> str:
    return "".join(chr(int(byte, 2)) for byte in re.findall(r"[01]{8}", bits))


def _decimal(numbers: str) -> str:
    return "".join(chr(int(number)) for number in re.findall(r"\d+", numbers))


def _percent(word: str) -> str:
    return unquote(word.replace("+", " "), errors="strict") if word.count("%") > 1 else word


def _morse(code: str) -> str:
    plain = re.sub(r"[·]", ".", re.sub(r"[−–]", "-", code))
    words = re.split(r"\s*[/|]\s*|\s{2,}", plain)
    return " ".join("".join(_MORSE_CODE.get(c, "") for c in word.split()) for word in words)
