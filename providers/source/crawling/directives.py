"""What the owner of a page says about its use: X-Robots-Tag, robots tags, reservations."""

from collections.abc import Iterable
from dataclasses import dataclass

from providers.source.fetching.options import AGENT
from providers.source.fetching.outcomes import LeftOut
from providers.source.types import SkipReason

ROBOTS_TAGS = frozenset({"robots", AGENT.lower()})
_WITH_VALUE = frozenset(
    {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}
)


@dataclass(frozen=True, slots=True)
class Directives:
    """The words that apply to us, in lower case."""

    words: frozenset[str] = frozenset()

    def __or__(self, other: "Directives") -> "Directives":
        return Directives(self.words | other.words)

    @property
    def follow(self) -> bool:
        """Whether the page's links may be followed."""
        return not self.words & {"nofollow", "none"}

    def refuse(self, *, is_image: bool = False) -> None:
        """Leave the item out if its owner wants that.

        Raises:
            LeftOut: it must not be indexed, or not be used by machines like this.
        """
        if "noai" in self.words or (is_image and "noimageai" in self.words):
            raise LeftOut(SkipReason.NOAI, "its owner does not want it used by AI")
        if self.words & {"noindex", "none"}:
            raise LeftOut(SkipReason.NOINDEX, "its owner does not want it indexed")


def from_headers(robots_tags: Iterable[str], reservations: Iterable[str] = ()) -> Directives:
    """Read the values of `X-Robots-Tag` and `TDM-Reservation`.

    A word before a colon names the crawler that the words after it are for.
    """
    words = {word for value in robots_tags for word in _words_for_us(value)}
    if any(value.strip() == "1" for value in reservations):
        words.add("noai")
    return Directives(frozenset(words))


def from_tag(name: str, content: str) -> Directives:
    """Read one `<meta>` tag; tags of other names say nothing."""
    name = name.strip().lower()
    if name == "tdm-reservation":
        return from_headers((), (content,))
    if name not in ROBOTS_TAGS:
        return Directives()
    return Directives(frozenset(word.strip().lower() for word in content.split(",")))


def _words_for_us(value: str) -> Iterable[str]:
    ours = True
    for part in value.lower().split(","):
        name, colon, word = part.partition(":")
        if colon and name.strip() not in _WITH_VALUE:
            ours = name.strip() in ROBOTS_TAGS
            part = word  # noqa: PLW2901 - the rest of the part is the word
        if ours:
            yield part.strip()
