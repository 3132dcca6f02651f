"""Recognises texts that give orders to a language model, by what they are made of.

Each sign has a weight; the weights of different signs add up as if they were independent
(`1 - product of (1 - weight)`). One clear sign is enough; two weak ones are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from providers.guardrail import phrases
from providers.guardrail.borders import BORDERS
from providers.guardrail.orders import IF_MACHINE, ORDERS
from providers.guardrail.roles import ROLES
from providers.guardrail.signs import SQUEEZED, Sign
from providers.guardrail.steering import STEERING
from providers.guardrail.taking import TAKING
from providers.guardrail.unmasking import View, squeezed, views
from providers.types import Vector

_SIGNS = (*ROLES, *BORDERS, *STEERING, *TAKING, *ORDERS)
RULES = tuple(
    sorted(
        {"encoded", "override", "override_all", "reveal"} | {s.rule for s in (*_SIGNS, *SQUEEZED)}
    )
)
"""All that `suspicions` can find."""
MIN_WEIGHT = 0.2
"""Less is not worth a word."""
_HIDDEN = 0.9
"""What a telling sign weighs when somebody took pains to hide it."""
_TELLING = 0.35
_REACH = 60
"""Characters between two parts that belong together."""
_IGNORE = re.compile(rf"\b{phrases.IGNORE}")
_INSTRUCTIONS = re.compile(rf"\b{phrases.INSTRUCTIONS}")
_ALL_BEFORE = re.compile(rf"\b{phrases.ALL_BEFORE}")
_REVEAL = re.compile(rf"\b{phrases.REVEAL}")
_INNER = re.compile(rf"\b{phrases.INNER}")
_AI = re.compile(rf"\b{phrases.AI}")
_OF_PAPERS = frozenset({"others", "own_prompt"})
"""Signs that a question about what a document says may hold."""
_END = re.compile(r"[.!?…]\s|\n\s*\n")

_ABOUT_ONESELF = re.compile(
    r"\b(?:(?:administrators?|technicians?|operators?|users?|members|developers) (?:can|may|must|edit|set)|how (?:do|can|to|does|would|should)|(?:can|could|should|may|must|do|shall|if|when|did) "
    r"(?:i|we|one|users?|customers?|someone|you want to|the \w+)|what happens (?:if|when)|is it "
    r"(?:ok|okay|safe|possible|allowed|necessary)|why (?:do|does|should|is|are|can)|allowed to|"
    r"is there a (?:way|setting) to|i (?:accidentally |just )?(?:forgot|ignored|skipped)|what (?:is|are|does) (?:the|an?) |"
    r"wie \w+ (?:ich|man|wir)|wie (?:lasst|kann)|(?:kann|darf|soll|muss|"
    r"sollte|konnte) (?:ich|man|wir|der|die|das)|was passiert|warum|ist es|wenn (?:ich|sie|man|der|die|das)|"
    r"wann|falls|comment|puis-je|peut-on|dois-je|doit-on|faut-il|pourquoi|que se passe|si (?:je|l'|le|la|"
    r"vous|on)|est-ce que je|quand|como (?:puedo|se)|puedo|debo|che cosa|posso|come (?:posso|si))\b"
)
"""How people ask about something they do themselves."""
_ABOUT_THINGS = re.compile(
    r"\b(?:steps?|sections?|chapters?|pages?|figures?|manuals?|editions?|revisions?|versions?|warnings?|"
    r"errors?|alarms?|beeps?|recipes?|thermostat|appliances?|devices?|machines?|ovens?|kettles?|firmware|"
    r"remote|installation|assembly|cleaning|descaling|leaflets?|guides?|brochures?|labels?|timers?|"
    r"schedules?|cycles?|schritte?n?|abschnitt\w*|kapitel\w*|seiten?|handbuch\w*|ausgabe|auflage|"
    r"bedienungsanleitung\w*|gebrauchsanweisung\w*|montage\w*|warnung\w*|warnhinweis\w*|fehler\w*|"
    r"geraete?s?|gerats?|maschine\w*|ofens?|reinigung\w*|etapes?|chapitres?|notice|manuel|mode d'emploi|"
    r"appareils?|machines?|avertissements?|erreurs?|alarmes?|fours?|nettoyage|montage|vertrag\w*|"
    r"contracts?|contrats?|orders?|invoices?|bestellung\w*|commandes?|pays?|law)\b"
)
"""Words that show that a text speaks of manuals and things, not of a model's orders."""


_TOLD_OF_OTHERS = re.compile(
    r"\b(?:we|our|he|she|they|his|her|him|their|actors?|board|bank|court|parties|court|employees?|patients?|"
    r"wir|unser\w*|er|ihm|vorstand|gericht|parteien|beschaftigte\w*|nous|notre|nos|il|elle|lui|leur|direction|"
    r"tribunal|salaries|meeting|termin|reunion)\b"
)
"""Words that show that somebody else is spoken of."""
_VERB_LAST = re.compile(
    r"(?:offenleg|ausgeb|offenbar|wiederhol|verrat|zeig|nenn|schreib|druck|ubersetz|zitier|gib|list)"
)
"""Verbs of a language that puts them behind their object."""
_FORBIDDEN = re.compile(r"\b(?:never|not|don't|nie|niemals|nicht|jamais|ne)\b")
_QUOTED = re.compile(
    r"\b(?:prompt[- ]injections?|injection de prompt|jail-?breaks?|phishing|social engineering)\b"
    r"(?=[\s\S]*\b(?:contains?|enthalt\w*|contient|called|known as|attackers?|attempts?|report\w*|protect\w*|training|examples? of|such|is an?|"
    r"angreifer\w*|angriff\w*|versuche?n?|nennt|genannt|meld\w*|schutz\w*|beispiel\w*|ist ein\w*|attaqu\w*|"
    r"tentatives?|appel\w+|proteg\w*|signal\w*|exemples?|est une)\b)"
    r"|\b(?:examples?|beispiele?|exemples?|attacks?|angriff\w*|attaques?|attempts?|versuche?|tentatives?|attackers?|attaquants?|"
    r"angreifer\w*|scams?|betrug\w*|fraud\w*)\b[^.!?\n]{0,120}[\"'«»“”„‘’]\s?\w+ \w+"
    r"|\b(?:test ?(?:case|fall)|tester\w*|testeur\w*|cas de test|cas d'essai)\b(?=[\s\S]*\b(?:expected|erwartet\w*|attendue?|declin\w+|ablehn\w*|refus\w*)\b)"
    r"|[\"'«»“”„‘’] ?(?:\)|,)? ?(?:\w+ ){0,4}?(?:is|are|ist|sind|est|sont) (?:an? |ein\w* |une? )?(?:\w+ )?(?:examples?|attacks?|attempts?|"
    r"beispiel\w*|angriff\w*|versuch\w*|exemples?|attaques?|tentatives?)\b"
)
"""A text about attacks, which may quote one."""


_IN_PAPERS = re.compile(
    r"\b(?:what does|where does|was (?:steht|sagt)|wo steht|que dit|ou|welche \w+ gibt|quelles? \w+) (?:\w+ ){0,2}?"
    r"(?:l')?(?:\w+-)?(?:handbook|manual|polic(?:y|ies)|guidelines?|guide|contract|handbuch|\w*richtlinie|anleitung|leitfaden|vertrag|manuel|"
    r"charte|notice|contrat)\b"
    r"|\b(?:which|what|welche[rsnm]?|quel(?:le)?s?) (?:\S+ ){1,4}?(?:does the|do the|schlagt (?:der|die|das)|nennt (?:der|die|das)|empfiehlt (?:der|die|das)|propose (?:le|la)|recommande (?:le|la)|conseille (?:le|la)) "
    r"(?:\w+ ){0,2}?(?:handbook|manual|polic(?:y|ies)|guidelines?|guide|handbuch|\w*richtlinie|anleitung|leitfaden|manuel|charte|notice)\b"
    r"|\b(?:according to|laut|gemass|selon|d'apres) (?:the |our |dem |der |unserem |unserer |le |la |notre |l')?(?:\w+ )?(?:faq|handbook|manual|polic(?:y|ies)|guidelines?|guide|handbuch|\w*richtlinie|anleitung|leitfaden|manuel|charte|notice)\b"
    r"|\b(?:what (?:is|are)(?: an?)?|was (?:ist|sind)(?: ein)?|qu'est-ce qu'une?) (?:system[- ]?prompts?|prompt systeme)\s*\?|\bwhat does the \w+ prompt (?:\S+ ){0,4}mean\b"
)
"""A question about what a document says, or about what a word means."""
_MEANING = re.compile(
    r"\b(?:what (?:does|do)|why (?:does|do)|was (?:bedeutet|heisst)|warum (?:steht|zeigt|meldet)|que (?:signifie|veut dire)|pourquoi (?:\S+ ){0,4}?affiche)\b"
    r"[^?]{0,60}?(?P<quoted>[\"'«“„‚‘][^\"'»”“’‘?]{2,80}[\"'»”“’‘])"
)
"""A question about what a quoted message means; nobody gives orders with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Why a text looks like an attack: `weight` 0..1 and the span that shows it."""

    rule: str
    weight: float
    start: int
    end: int
    message: str


def suspicions(text: str) -> list[Suspicion]:
    """Return what in a text looks like orders to a language model, each kind once."""
    return list(_suspicions(text))


@lru_cache(maxsize=64)
def _suspicions(text: str) -> tuple[Suspicion, ...]:
    """Remember a few texts: two guardrails ask for the same question."""
    found: dict[str, Suspicion] = {}
    for view in views(text):
        quoted = 0.45 if _QUOTED.search(view.text) else 1.0
        for sign in _signs(view):
            each = replace(sign, weight=sign.weight * quoted)
            known = found.get(each.rule)
            if known is None or known.weight < each.weight:
                found[each.rule] = each
    return tuple(each for each in found.values() if each.weight >= MIN_WEIGHT)


def speaks_of_attacks(folded: str) -> bool:
    """Tell whether a folded text is about attacks or tests, and may quote one."""
    return _QUOTED.search(folded) is not None


def suspects_its_reader(folded: str) -> bool:
    """Tell whether a folded text speaks to its reader in case that it is a machine."""
    return IF_MACHINE.pattern.search(folded) is not None


def signals(text: str) -> Vector:
    """Return the weight of each of `RULES` in a text, 0 where there is none."""
    found = {each.rule: each.weight for each in suspicions(text)}
    return np.array([found.get(rule, 0.0) for rule in RULES], dtype=np.float32)


def _signs(view: View) -> Iterator[Suspicion]:
    if view.speaks:
        span = (0, len(view.text))
        yield _suspicion(view, "encoded", 0.6, span, "holds an encoded sentence")
    pairs = list(_pairs(view))
    yield from pairs
    if not pairs:
        yield from _squeezed(view)
    for sign in _SIGNS:
        best = max(
            (
                (_damped(sign, view.text, match), match)
                for match in sign.pattern.finditer(view.text)
            ),
            key=lambda each: each[0],
            default=None,
        )
        if best is not None:
            yield _suspicion(view, sign.rule, best[0], best[1].span(), sign.message)


def _damped(sign: Sign, text: str, match: re.Match[str]) -> float:
    """Weaken a sign that people also use when they ask about their own doing or a message."""
    weight = sign.weight * _said(text, *match.span())
    if sign.rule in _OF_PAPERS and _IN_PAPERS.search(text):
        return weight * 0.45
    if not sign.asked:
        return weight
    return weight * (0.45 if _asks(text, *match.span()) else 1.0)


def _said(text: str, start: int, end: int) -> float:
    """Return how much a span counts: less within a message whose meaning is asked for."""
    asked = _MEANING.search(text)
    if asked is None or start < asked.start("quoted") or end > asked.end("quoted"):
        return 1.0
    return 0.45


def _pairs(view: View) -> Iterator[Suspicion]:
    """Find verbs beside what they are done to, in whichever order a language puts them."""
    text = view.text
    targets = list(_INSTRUCTIONS.finditer(text))
    verbs = list(_IGNORE.finditer(text))
    near = _near(text, verbs, targets)
    if near is not None:
        weight = 0.9 * _sobriety(text, *near) * _said(text, *near)
        yield _suspicion(
            view, "override", weight, near, "asks to set aside the instructions given before"
        )
    before = _near(text, verbs, list(_ALL_BEFORE.finditer(text)))
    if before is not None:
        weight = 0.8 * _sobriety(text, *before) * _said(text, *before)
        yield _suspicion(view, "override_all", weight, before, "asks to forget what came before")
    shown = _near(text, list(_REVEAL.finditer(text)), list(_INNER.finditer(text)), ordered=True)
    if shown is not None:
        weight = 0.85 * (0.4 if _asked_harmlessly(text, *shown) else 1.0) * _said(text, *shown)
        yield _suspicion(
            view, "reveal", weight, shown, "asks for the system's own instructions or secrets"
        )


def _asked_harmlessly(text: str, start: int, end: int) -> bool:
    """Tell whether somebody asks about their own doing, or about what a document says."""
    if _IN_PAPERS.search(text):
        return True
    return _asks(text, start, end) and not _speaks_to_model(text)


def _near(
    text: str,
    verbs: Sequence[re.Match[str]],
    objects: Sequence[re.Match[str]],
    *,
    ordered: bool = False,
) -> tuple[int, int] | None:
    """Return the span of the closest verb and object of one sentence.

    `ordered` wants the verb first, where the language does.
    """
    best: tuple[int, int, int] | None = None
    for verb in verbs:
        for thing in objects:
            if ordered and not _asked_for(text, verb, thing):
                continue
            first, second = sorted((verb.span(), thing.span()))
            gap = second[0] - first[1]
            if gap > _REACH or _END.search(text, first[1], max(second[0], first[1])):
                continue
            if best is None or gap < best[0]:
                best = gap, first[0], max(first[1], second[1])
    return None if best is None else best[1:]


def _asked_for(text: str, verb: re.Match[str], thing: re.Match[str]) -> bool:
    """Tell whether the verb asks for the thing, and does not forbid to show it."""
    if thing.end() <= verb.start() and not _VERB_LAST.match(verb.group()):
        return False
    return _FORBIDDEN.search(text, max(verb.start() - 14, 0), verb.end() + 8) is None


def _sobriety(text: str, start: int, end: int) -> float:
    """Return how much a pair still counts in its sentence: 1 for a plain order."""
    left = max((m.end() for m in _END.finditer(text, 0, start)), default=0)
    after = _END.search(text, end)
    sentence = text[left : after.start() if after else len(text)]
    factor = 1.0
    if _speaks_to_model(sentence):
        return factor
    if _ABOUT_ONESELF.search(sentence):
        factor *= 0.4
    if _ABOUT_THINGS.search(sentence):
        factor *= 0.45
    if _TOLD_OF_OTHERS.search(sentence):
        factor *= 0.45
    return factor


_TO_MODEL = re.compile(
    r"\b(?:you (?:were|have been|are now|must now|will now)|your (?:previous|prior|initial|original|"
    r"system|own|programming|training|guidelines|instructions|rules|restrictions|safety|content)|"
    r"system[- ]?prompt\w*|i want you to|you (?:can|may|should|must|will) (?:now )?ignore|"
    r"deine\w* (?:\w+ )?(?:anweisung|regel|vorgabe|instruktion|richtlinie|systemprompt|programmierung|filter|"
    r"einschrankung|beschrankung)\w*|du (?:bist|sollst|musst|darfst|kannst)|"
    r"(?:tes|vos) (?:\w+ )?(?:instructions|consignes|regles|directives|restrictions|filtres|limites)|"
    r"tu (?:es|dois|peux)|tus (?:\w+ )?(?:instrucciones|reglas|restricciones))\b"
)


def _speaks_to_model(text: str) -> bool:
    return _TO_MODEL.search(text) is not None or _AI.search(text) is not None


def _asks(text: str, start: int, end: int) -> bool:
    left = max((m.end() for m in _END.finditer(text, 0, start)), default=0)
    return _ABOUT_ONESELF.search(text, left, end) is not None


def _squeezed(view: View) -> Iterator[Suspicion]:
    tight = squeezed(view)
    for sign in SQUEEZED:
        match = sign.pattern.search(tight.text)
        if match is not None:
            yield _suspicion(tight, sign.rule, sign.weight, match.span(), sign.message)


def _suspicion(
    view: View, rule: str, weight: float, span: tuple[int, int], message: str
) -> Suspicion:
    first, last = view.span(*span)
    if view.how:
        message = f"{message} (hidden: {view.how})"
        weight = max(weight, _HIDDEN) if weight >= _TELLING else weight
    return Suspicion(
        rule=rule, weight=weight, start=min(first, last), end=max(first, last), message=message
    )
