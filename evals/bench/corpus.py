"""Makes manuals out of nothing: the same seed gives the same words, nothing is downloaded."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PARTS: Final = (
    "boiler valve filter display hinge drawer pump sensor gasket motor fan relay keypad nozzle "
    "tray thermostat battery grinder lid seal drum bracket cable housing compressor burner"
).split()
_KINDS: Final = (
    "upper lower left right inner outer front rear main spare rotary ceramic steel folding "
    "magnetic sealed primary secondary"
).split()
_ACTIONS: Final = (
    "clean replace align tighten drain inspect calibrate reset lubricate descale remove fasten "
    "measure rinse test vent"
).split()
_SIGNS: Final = (
    "a humming noise|a dim light|slow heating|a loose fit|water below the base|a burnt smell|"
    "an empty display|a blinking lamp|uneven rotation|a pressure drop"
).split("|")
_FRAMES: Final = (
    "To {action} the {kind} {part}, switch the appliance off and wait {n} minutes.",
    "If you notice {sign}, {action} the {kind} {part} before you use it again.",
    "The {kind} {part} is rated for {n} cycles; {action} it after that.",
    "Never {action} the {kind} {part} while the {part2} is warm.",
    "Code E{n} means that the {kind} {part} reported {sign}.",
    "Turn the {part} by {n} degrees until the {part2} clicks, then {action} it.",
    "A {kind} {part} that shows {sign} must be sent in for service within {n} days.",
    "Keep the {kind} {part} at least {n} millimetres away from the {part2}.",
)
_QUESTIONS: Final = (
    "How do I {action} the {kind} {part}?",
    "What does code E{n} mean?",
    "What should I do when there is {sign}?",
    "How far away must the {kind} {part} be kept?",
    "After how many cycles should I {action} the {kind} {part}?",
)


@dataclass(frozen=True, slots=True)
class Manual:
    """A made-up manual in Markdown."""

    name: str
    text: str


def make_manuals(count: int, *, sections: int = 12, seed: int = 1) -> list[Manual]:
    """Make `count` manuals of `sections` sections, about 90 words a section."""
    chance = random.Random(seed)
    return [
        Manual(f"manual-{seed}-{number:03d}.md", _manual(chance, number, sections))
        for number in range(count)
    ]


def make_questions(count: int, *, seed: int = 1) -> list[str]:
    """Make `count` different questions that the manuals are about."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found[_fill(chance, chance.choice(_QUESTIONS))] = None
    return list(found)


def _manual(chance: random.Random, number: int, sections: int) -> str:
    title = f"# Model {chance.choice(_KINDS)} {number}: operating manual"
    return "\n\n".join([title, *_sections(chance, sections)]) + "\n"


def _sections(chance: random.Random, count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        yield f"## {number} {chance.choice(_KINDS).title()} {chance.choice(_PARTS)}"
        yield " ".join(_fill(chance, chance.choice(_FRAMES)) for _ in range(7))


def _fill(chance: random.Random, frame: str) -> str:
    return frame.format(
        action=chance.choice(_ACTIONS),
        kind=chance.choice(_KINDS),
        part=chance.choice(_PARTS),
        part2=chance.choice(_PARTS),
        sign=chance.choice(_SIGNS),
        n=chance.randint(2, 900),
    )
