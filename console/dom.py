"""HTML elements by name, with text and attributes, where NiceGUI has no element of its own."""

from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """An HTML element with text; further elements may be put inside."""

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(tag=name, text=text)


def tag(name: str, text: str = "", /, *, classes: str = "", **attributes: str | bool) -> Tag:
    """Make an element; `aria_label` becomes `aria-label`, a trailing underscore is dropped."""
    element = Tag(name, text)
    if classes:
        element.classes(classes)
    for key, value in attributes.items():
        element.props[key.rstrip("_").replace("_", "-")] = value
    return element


def icon(name: str) -> Tag:
    """Make a glyph of the icon font that NiceGUI brings; screen readers skip it."""
    return tag("span", name, classes="icon", aria_hidden="true")


def button(label: str, *, glyph: str = "", classes: str = "", quiet_label: bool = False) -> Tag:
    """Make a button; with `quiet_label` only the glyph is seen and the label is read out."""
    made = tag("button", classes=f"button {classes}".strip(), type="button")
    with made:
        if glyph:
            icon(glyph)
        if not quiet_label:
            tag("span", label)
    if quiet_label:
        made.props["aria-label"] = label
        made.props["title"] = label
    return made
