"""Editions of one document that give different numbers for the same thing."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

from data.database import Database
from graphs.query.pages import page_at
from graphs.query.state import CitedSpan, Conflict, Passage, Side
from providers.chat_model.reading.quantities import Quantity, quantities
from providers.chat_model.reading.sentences import Unit, UnitKind, units
from providers.chat_model.reading.words import content_stems
from providers.principal import Principal

LIKE = 0.6
"""Share of their words, numbers left out, from which two sentences speak of the same thing."""
_LEAST_WORDS = 2
_QUOTED_CHARS = 160
_NOTICE = {
    "en": "Note: {newer} says “{said}”, but {older} says “{other}”; the first is the newer "
    "edition.",
    "de": "Hinweis: In {newer} steht „{said}“, in {older} aber „{other}“; erstere ist die neuere "
    "Ausgabe.",
}
_PAGE = {"en": "p. {}", "de": "S. {}"}


async def find_conflicts(
    passages: Sequence[Passage], principal: Principal, database: Database
) -> list[Conflict]:
    """Return where linked documents among some passages disagree, in the order of passages.

    The database is asked only when two documents say nearly the same with other numbers.
    """
    pairs = [pair for one, two in combinations(passages, 2) for pair in _disagreements(one, two)]
    if not pairs:
        return []
    documents = {side.document_id for pair in pairs for side in pair}
    async with database.begin(principal, read_only=True) as transaction:
        links = await transaction.likeness.links_among(sorted(documents))
    found: list[Conflict] = []
    for one, two in pairs:
        if (one.document_id, two.document_id) in links:
            found.append(Conflict(newer=one, older=two))
        elif (two.document_id, one.document_id) in links:
            found.append(Conflict(newer=two, older=one))
    return found


def concerning(conflicts: Sequence[Conflict], citations: Sequence[CitedSpan]) -> list[Conflict]:
    """Return the conflicts that an answer leans on: it cites one of the two sentences."""
    return [
        conflict
        for conflict in conflicts
        if any(_cited(side, citation) for side in conflict for citation in citations)
    ]


def notice(conflict: Conflict, language: str) -> str:
    """Return a sentence that names both editions and what each says."""
    text = _NOTICE.get(language, _NOTICE["en"])
    newer, older = conflict
    return text.format(
        newer=_place(newer, language),
        older=_place(older, language),
        said=_short(newer.quote),
        other=_short(older.quote),
    )


def _place(side: Side, language: str) -> str:
    if side.page is None:
        return side.source
    return f"{side.source} ({_PAGE.get(language, _PAGE['en']).format(side.page)})"


def _short(quote: str) -> str:
    plain = " ".join(quote.split()).rstrip(".")
    return plain if len(plain) <= _QUOTED_CHARS else f"{plain[:_QUOTED_CHARS]}…"


def _cited(side: Side, citation: CitedSpan) -> bool:
    same = side.chunk_id == citation.chunk_id
    return same and side.start < citation.end and citation.start < side.end


def _disagreements(one: Passage, two: Passage) -> list[tuple[Side, Side]]:
    if one.document_id == two.document_id:
        return []
    languages = one.chunk.language or "en", two.chunk.language or "en"
    return [
        (_side(one, unit), _side(two, other))
        for unit, other in _differing(one.text, two.text, *languages)
    ]


@lru_cache(maxsize=8192)
def _differing(
    text: str, other_text: str, language: str, other_language: str
) -> tuple[tuple[Unit, Unit], ...]:
    """Return the sentences of two texts that give different numbers for the same thing.

    Remembered as well: an answer compares 28 pairs, and the next one has many of them again.
    """
    there = _measured(other_text, other_language)
    return tuple(
        (unit, other)
        for unit, stems, numbers in _measured(text, language)
        for other, their_stems, their_numbers in there
        if _same_matter(stems, their_stems) and _differ(numbers, their_numbers)
    )


@lru_cache(maxsize=1024)
def _measured(
    text: str, language: str
) -> tuple[tuple[Unit, frozenset[str], frozenset[Quantity]], ...]:
    """Return the sentences with quantities: their words without digits, and the quantities.

    Remembered, since each passage is compared with every other, and comes again with the next
    question; to read them anew took a third of the processor time of an answer.
    """
    found = []
    for unit in units(text):
        numbers = frozenset(quantities(unit.text, language))
        if numbers and unit.kind not in {UnitKind.HEADING, UnitKind.HEADER}:
            stems = frozenset(
                stem
                for stem in content_stems(f"{unit.header} {unit.text}", language)
                if not any(character.isdigit() for character in stem)
            )
            found.append((unit, stems, numbers))
    return tuple(found)


def _same_matter(one: frozenset[str], two: frozenset[str]) -> bool:
    common = len(one & two)
    return common >= _LEAST_WORDS and common / len(one | two) >= LIKE


def _differ(one: frozenset[Quantity], two: frozenset[Quantity]) -> bool:
    """Tell whether each has a quantity that the other lacks, and both of one dimension."""
    mine, theirs = one - two, two - one
    return not {q.dimension for q in mine}.isdisjoint({q.dimension for q in theirs})


def _side(passage: Passage, unit: Unit) -> Side:
    chunk = passage.chunk
    return Side(
        document_id=chunk.document_id,
        version=chunk.version,
        source=chunk.source,
        chunk_id=chunk.chunk_id,
        page=page_at(chunk, unit.start),
        quote=unit.text,
        start=chunk.char_start + unit.start,
        end=chunk.char_start + unit.end,
    )
