"""Reads what a POML template holds, and refuses what a prompt has no use for.

POML evaluates every `{{ … }}` and most attributes as JavaScript, reads files that `src` names and
drops XML entities without a word. A prompt needs none of that: its inputs are strings that stand
for themselves, its flags are booleans. So a template is held to a small, harmless part of POML
before POML sees it, and most mistakes are found with their line.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import parseString

from prompts.errors import TemplateError

_TEXT: Final = frozenset({"if", "whiteSpace"})
ELEMENTS: Final[dict[str, frozenset[str]]] = {
    "poml": frozenset(),
    "meta": frozenset({"minVersion", "maxVersion"}),
    "system-msg": frozenset({"if"}),
    "human-msg": frozenset({"if"}),
    "ai-msg": frozenset({"if"}),
    "p": _TEXT,
    "list": frozenset({"if", "listStyle"}),
    "item": _TEXT,
    "b": _TEXT,
    "i": _TEXT,
    "code": _TEXT,
    "br": frozenset(),
    "cp": frozenset({"if", "caption"}),
    "output-schema": frozenset({"parser"}),
    "tool-definition": frozenset({"name", "description", "parser"}),
    "runtime": frozenset({"temperature", "max-tokens"}),
}
"""The elements that a prompt may use, each with its attributes."""
_JSON: Final = frozenset({"output-schema", "tool-definition"})
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CONDITION = re.compile(r"(!?)\s*([a-z][a-z0-9_]*)")
BOUNDARY: Final = "boundary"
"""The one input that no caller gives: the renderer makes it from the other values."""
MAX_FLAGS: Final = 4
"""Each flag doubles the variants that are compiled."""


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template: its text, and the inputs and flags that it uses, sorted.

    `inputs` are those that a caller gives; `bounded` says that it also uses `BOUNDARY`.
    """

    origin: str
    text: str
    inputs: tuple[str, ...]
    flags: tuple[str, ...]
    bounded: bool

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that is filled in."""
        return (*self.inputs, BOUNDARY) if self.bounded else self.inputs


def read_template(text: str, origin: str) -> Template:
    """Check a template's text; `origin` names it in messages.

    Raises:
        TemplateError: it is not well-formed, or uses more than `ELEMENTS`, plain
            `{{ input }}` and `if="flag"` or `if="!flag"`.
    """
    _refuse_entities(text, origin)
    reader = _Reader(origin)
    try:
        parseString(text.encode(), reader)
    except SAXParseException as error:
        raise TemplateError(
            f"{origin}, line {error.getLineNumber()}: {error.getMessage()}"
        ) from error
    except DefusedXmlException as error:
        raise TemplateError(f"{origin}: {error}") from error
    both = reader.inputs & reader.flags
    if both:
        raise TemplateError(f"{origin}: {', '.join(sorted(both))} is used as input and as flag")
    if len(reader.flags) > MAX_FLAGS:
        raise TemplateError(f"{origin}: at most {MAX_FLAGS} flags, this uses {len(reader.flags)}")
    return Template(
        origin=origin,
        text=text,
        inputs=tuple(sorted(reader.inputs - {BOUNDARY})),
        flags=tuple(sorted(reader.flags)),
        bounded=BOUNDARY in reader.inputs,
    )


def line_of(text: str, index: int) -> int:
    """Return the line, from 1, of the character at `index`."""
    return text.count("\n", 0, index) + 1


def _refuse_entities(text: str, origin: str) -> None:
    """Measured with POML 0.0.8: `&lt;` and its like vanish from the output."""
    at = text.find("&")
    if at >= 0:
        raise TemplateError(
            f"{origin}, line {line_of(text, at)}: POML drops XML entities; "
            "write #lt; #gt; #amp; for <, > and &"
        )


@dataclass
class _Reader(ContentHandler):
    """Walks over the elements and collects what they use."""

    origin: str
    inputs: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    _open: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        self._flush()
        allowed = ELEMENTS.get(name)
        if allowed is None or (name == "poml") is not (not self._open):
            raise self._error(f"<{name}> cannot stand here; prompts use {', '.join(ELEMENTS)}")
        for key, value in attrs.items():
            if key not in allowed:
                raise self._error(f"<{name}> takes no attribute {key!r} in a prompt")
            self._read_attribute(name, key, value)
        if name in _JSON and attrs.get("parser") != "json":
            raise self._error(f'<{name}> needs parser="json"')
        self._open.append(name)

    def endElement(self, name: str) -> None:
        self._flush()
        self._open.pop()

    def characters(self, content: str) -> None:
        self._text.append(content)

    def _read_attribute(self, name: str, key: str, value: str) -> None:
        if key == "if":
            found = _CONDITION.fullmatch(value.strip())
            if found is None:
                raise self._error(f'if={value!r}: a condition is "flag" or "!flag"')
            self.flags.add(found[2])
        elif "{{" in value:
            raise self._error(f"<{name} {key}>: an attribute is plain text")

    def _flush(self) -> None:
        """Look at the text since the last tag: the parser hands it out in pieces."""
        text = "".join(self._text)
        self._text.clear()
        if not self._open or not text.strip():
            return
        for found in _PLACEHOLDER.finditer(text):
            name = found[1].strip()
            if self._open[-1] in _JSON or not _NAME.fullmatch(name):
                raise self._error(f"{{{{{name}}}}}: only the plain name of an input can stand here")
            self.inputs.add(name)
        rest = _PLACEHOLDER.sub("", text)
        if "{{" in rest and self._open[-1] not in _JSON:
            raise self._error("{{ without }}")

    def _error(self, reason: str) -> TemplateError:
        line = self._locator.getLineNumber() if self._locator else 0
        return TemplateError(f"{self.origin}, line {line}: {reason}")
