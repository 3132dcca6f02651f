"""Makes a question that leans on the one before it stand alone, by rules; English and German."""

import re
from collections.abc import Sequence

from providers.chat_model.question import asking_words
from providers.chat_model.reading.quantities import is_unit
from providers.chat_model.reading.words import content_words, stem, words

MAX_CARRIED = 8
"""Most words that are taken over."""
_ENOUGH = 2
"""Telling words from which a question can stand alone."""
_LEAD = re.compile(
    r"^(?:(?:and|or|but|so|then|ok(?:ay)?|what about|how about|what if|same for|und|oder|aber|dann|"
    r"was ist mit|wie ist es mit|wie sieht es mit)\b[\s,]*)+",
    re.IGNORECASE,
)
_VERB = (
    r"(?:is|are|was|do|does|did|mean|work|happen|help|can|will|has|have|ist|sind|war|geht|heißt|"
    r"bedeutet|kann|hilft|passiert|funktioniert)"
)
_POINTING = {
    "en": re.compile(
        r"\b(?:(?<!\bis )it(?!'?s? (?:ok|possible|safe|allowed|necessary|normal))|its|they|them|"
        rf"their|the same|th(?:is|at) one|(?:this|that|these|those)(?=\s*[?.!,]|\s*$|\s+{_VERB}\b)|"
        r"(?<=is )it(?=\s*[?.!,]|\s*$))\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"\b(?:er|sie|ihn|ihm|(?<!gibt )(?<!ist )(?<!geht )es|(?<=ist )es(?=\s*[?.!,]|\s*$)|davon|"
        r"damit|dafür|daran|dazu|darin|darauf|dabei|dagegen|dessen|deren|"
        rf"(?:das|dies|diese[rsmn]?)(?=\s*[?.!,]|\s*$|\s+{_VERB}\b))\b"
    ),
}
"""Words that stand for something said before; German formal `Sie` is written with a capital."""
_NUMBERED = re.compile(
    r"(?<!\w)(?P<name>[A-ZÄÖÜ][^\W\d_]*)(?P<gap>[ \u00a0-]?)(?P<number>\d{1,4}(?:[ \u00a0]?[A-Z])?)"
    r"(?!\w|[.,]\d)"
)
_BARE = re.compile(
    r"\b(?:the|den|der|dem|die|das|beim?)\s+(?P<number>\d{1,4})(?:\s+(?P<unit>\w+))?", re.IGNORECASE
)


def leans(question: str, language: str) -> bool:
    """Tell whether a question cannot be understood without the one before it."""
    telling = _telling(_NUMBERED.sub("", question), language)
    own = list(_NUMBERED.finditer(question))
    if _points_back(question, language):
        return True
    if _LEAD.match(question) and not (own and len(telling) >= _ENOUGH):
        return True
    return len(telling) < _ENOUGH and not own


def stand_alone(question: str, earlier: Sequence[str], language: str) -> str:
    """Return a question that needs none of the earlier ones.

    Each question is completed by the one before it, so that a topic lasts over several turns:
    `And the Calder 60?` takes the place of the other model in the question before, any other
    question takes over the telling words that it lacks.

    Args:
        question: What is asked now.
        earlier: The questions before, oldest first.
        language: Language of the conversation (ISO 639-1).
    """
    topic = ""
    for asked in (*earlier, question):
        topic = _complete(asked, topic, language) if topic else asked
    return topic


def _complete(question: str, topic: str, language: str) -> str:
    if not leans(question, language):
        return question
    swapped = _swapped(question, topic, language)
    if swapped is not None:
        return swapped
    carried = _carried(question, topic, language)
    bare = _LEAD.sub("", question).strip() or question
    return f"{bare} ({' '.join(carried)})" if carried else question


def _points_back(question: str, language: str) -> bool:
    """Tell whether a pronoun comes before anything in the question that it could stand for."""
    pattern = _POINTING.get(language)
    found = pattern.search(question) if pattern else None
    return found is not None and len(_telling(question[: found.start()], language)) < _ENOUGH


def _swapped(question: str, topic: str, language: str) -> str | None:
    """Put the model or number that is asked about now in the place of the one before."""
    before = list(_NUMBERED.finditer(topic))
    if not before or len(_telling(_NUMBERED.sub("", question), language)) >= _ENOUGH:
        return None
    now = _NUMBERED.search(question)
    if now is not None:
        rival = next((m for m in before if m["name"].lower() == now["name"].lower()), None)
        number = now["number"]
    else:
        bare = _BARE.search(question)
        if bare is None or is_unit((bare["unit"] or "").lower()):
            return None
        rival, number = before[0], bare["number"]
    if rival is None:
        return None
    return f"{topic[: rival.start('number')]}{number}{topic[rival.end('number') :]}"


def _carried(question: str, topic: str, language: str) -> list[str]:
    """Return what the topic says and the question does not, as it is written there."""
    here = {stem(word, language) for word in words(question)}
    named = [match.group() for match in _NUMBERED.finditer(topic)]
    parts = {part for name in named for part in words(name)}
    telling = set(_telling(topic, language)) - parts
    written = [match.group() for match in re.finditer(r"[^\W_]+(?:[-'’][^\W_]+)*", topic)]
    found = [w for w in written if w.lower() in telling and stem(w.lower(), language) not in here]
    fresh = [name for name in named if not set(words(name)) <= set(words(question))]
    if _NUMBERED.search(question):
        fresh = []
    return list(dict.fromkeys([*fresh, *found]))[:MAX_CARRIED]


def _telling(text: str, language: str) -> list[str]:
    asking = asking_words(language)
    return [word for word in content_words(text, language) if word not in asking]
