"""Which language a short text is in, among the few that are expected."""

import re
from collections.abc import Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_WORD = re.compile(r"[^\W\d_]+")

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "a about above after again all also am an and any are as at be because been before being "
        "below between both but by can cannot could did do does doing down during each else every "
        "few for from further get had has have having he her here him his how i if in into is it "
        "its itself just may me might more most much must my need no nor not now of off on once "
        "only or other our out over own per please same shall she should so some such than that "
        "the their them then there these they this those through to too under until up upon us "
        "use used using very via was we were what when where whether which while who whom whose "
        "why will with within without would yes you your".split()
    ),
    "de": frozenset(
        "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin "
        "bis bitte bzw da dabei damit danach dann darf das dass dazu dem den denn der des dessen "
        "deren die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen "
        "einer eines er es etwa für gegen gibt haben hat hier ich ihm ihn ihnen ihr ihre ihrem "
        "ihren ihrer ihres im in ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine "
        "keinem keinen keiner können könnte lässt lassen man mehr mein meine meinem meinen meiner "
        "mich mir mit muss müssen nach nein nicht noch nun nur ob oder ohne per sehr sein seine "
        "sich sie sind so sobald soll sollen sondern sowie über um und uns unser unter vom von vor "
        "wann war warum was weil welche welchem welchen welcher welches wenn wer werden wie wieder "
        "wird wo wohin womit wurde zu zum zur zwischen".split()
    ),
}
"""Function words by language, written for this project; they vote and are left out of terms."""


def detect(text: str, languages: Sequence[str]) -> str:
    """Return which of `languages` (ISO 639-1) a text is in; the first one when it cannot tell.

    Function words decide, because a question is often too short for statistics; where they
    are silent or even, a statistical model chooses among the expected languages only.
    """
    leaders = voted(text, languages)
    return leaders[0] if len(leaders) == 1 else str(_identifier(leaders).classify(text)[0])


def voted(text: str, languages: Sequence[str]) -> tuple[str, ...]:
    """Return those of `languages` for which the function words of a text speak most.

    One when they decide, or when there are no words to judge by; it takes microseconds.
    """
    if len(languages) == 1:
        return (languages[0],)
    words = [word.lower() for word in _WORD.findall(text)]
    votes = {
        language: sum(word in STOP_WORDS.get(language, ()) for word in words)
        for language in languages
    }
    best = max(votes.values())
    leaders = tuple(language for language in languages if votes[language] == best)
    return leaders if words else (languages[0],)


def identify(text: str) -> tuple[str, float]:
    """Return the most likely language of a text among all that are known, and how likely (0..1)."""
    language, certainty = _any_language().classify(text)
    return str(language), float(certainty)


@cache
def _any_language() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    known = [language for language in languages if language in identifier.nb_classes]
    identifier.set_languages(known or None)
    return identifier
