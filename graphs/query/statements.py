"""Reads a sentence into what must agree between a claim and its evidence."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from providers.chat_model.reading import lexicon
from providers.chat_model.reading.identifiers import identifiers
from providers.chat_model.reading.languages import STOP_WORDS
from providers.chat_model.reading.quantities import Quantity, is_number, is_unit, quantities
from providers.chat_model.reading.words import stem

_TOKEN = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[,;:.!?()–—|]")
_CLAUSE = re.compile(
    r"[,;:(|–—](?=\s)|[.!?](?=\s|$)|\s(?=(?:because|since|but|while|whereas|otherwise|weil|aber|"
    r"sondern|sonst|so that|wobei)\b)",
    re.IGNORECASE,
)
_STEP = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.)])\s+")
_BOUND_IS_NO_NEGATION = re.compile(
    r"\b(?:no|not|nicht) (more|less|later|mehr|weniger|über)\b", re.I
)
_SPLIT_ARTICLE = re.compile(r"n['’]t\b")
_PARTICLES = frozenset({"an", "aus", "ein", "ab", "auf", "zu"})
DENIED_WORDS = 3
"""How many words `without` denies."""
SHORT_COMPOUND = 5
_MARKUP = re.compile(r"[*_`#]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its stem, where it stands, in which clause, and whether it carries meaning.

    `noun` is a German noun, `name` an English proper name; `denied` stands behind `without`.
    """

    stem: str
    word: str
    position: int
    clause: int
    content: bool
    noun: bool
    name: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, read; clauses count from 0."""

    text: str
    language: str
    tokens: tuple[Token, ...]
    clauses: int
    negated: tuple[int, ...]
    quantities: tuple[tuple[Quantity, ...], ...]
    identifiers: frozenset[str]
    by_stem: Mapping[str, Token] = field(compare=False, repr=False)
    """The first word of each stem; a statement is searched far more often than it is read."""
    telling: tuple[Token, ...] = field(compare=False, repr=False)
    """The first word of each stem that carries meaning."""
    all_quantities: tuple[Quantity, ...] = field(compare=False, repr=False)
    """The quantities of all clauses."""

    @property
    def content(self) -> tuple[Token, ...]:
        """The words that carry meaning."""
        return tuple(token for token in self.tokens if token.content)

    @property
    def stems(self) -> frozenset[str]:
        """The stems of all words."""
        return frozenset(token.stem for token in self.tokens)

    @property
    def words(self) -> frozenset[str]:
        """All words."""
        return frozenset(token.word for token in self.tokens)


@lru_cache(maxsize=4096)
def read(text: str, language: str) -> Statement:
    """Read a sentence, a step or a table's row."""
    plain = _MARKUP.sub("", _STEP.sub("", _SPLIT_ARTICLE.sub(" not", text)))
    parts = [part for part in _clauses(plain) if part.strip()] or [plain]
    tokens: list[Token] = []
    for clause, part in enumerate(parts):
        tokens += _tokens(part, language, len(tokens), clause)
    held = tuple(tuple(quantities(part, language)) for part in parts)
    return Statement(
        text=plain,
        language=language,
        tokens=tuple(tokens),
        clauses=len(parts),
        negated=tuple(_negations(part, language) for part in parts),
        quantities=held,
        identifiers=identifiers(plain),
        by_stem=_firsts(tokens),
        telling=tuple(_firsts(token for token in tokens if token.content).values()),
        all_quantities=tuple(quantity for clause in held for quantity in clause),
    )


def _firsts(tokens: Iterable[Token]) -> dict[str, Token]:
    firsts: dict[str, Token] = {}
    for token in tokens:
        firsts.setdefault(token.stem, token)
    return firsts


def _clauses(text: str) -> Iterable[str]:
    start = 0
    for match in _CLAUSE.finditer(text):
        yield text[start : match.start()]
        start = match.end() if not match.group().isspace() else match.start()
    yield text[start:]


def _tokens(part: str, language: str, offset: int, clause: int) -> list[Token]:
    stop = STOP_WORDS.get(language, frozenset())
    found = [match.group() for match in _TOKEN.finditer(part) if match.group()[0].isalnum()]
    found = [piece for written in found for piece in _pieces(written)]
    tokens = []
    denied_until = -1
    number = False
    for index, written in enumerate(found):
        word = written.lower()
        particle = language == "de" and index == len(found) - 1 and word in _PARTICLES
        unit, number = number and is_unit(word), is_number(word)
        if lexicon.is_without(word):
            denied_until = index + DENIED_WORDS
        inside = index + offset > 0 and written[0].isupper()
        symbol = inside and len(written) == 1 and written not in {"A", "I"}
        tokens.append(
            Token(
                stem=f"{word}#" if particle else stem(word, language),
                word=word,
                position=offset + index,
                clause=clause,
                content=symbol or (len(word) > 1 and not (number or unit or word in stop)),
                noun=language == "de" and inside,
                name=symbol or (language == "en" and inside and written[1:].islower()),
                denied=index <= denied_until,
            )
        )
    return tokens


def _pieces(written: str) -> list[str]:
    """Split a compound with hyphens, unless it is a name with digits or short (`Wi-Fi`)."""
    if len(written) <= SHORT_COMPOUND or any(character.isdigit() for character in written):
        return [written]
    return written.split("-")


def _negations(part: str, language: str) -> int:
    plain = _BOUND_IS_NO_NEGATION.sub(r"\1", part)
    known = lexicon.negations(language)
    words = [m.group().lower() for m in _TOKEN.finditer(plain)]
    return sum(word in known for word in words)
