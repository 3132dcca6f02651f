"""A drop-down list of the browser's own: it works with keys, screen readers and thumbs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nicegui.events import GenericEventArguments

from console.dom import tag

_EMIT: Final = "(event) => emit(event.target.value)"


def preferred(collections: Sequence[str], default: str) -> str:
    """Return the collection a page begins with: the default one unless there are only others."""
    return default if default in collections or not collections else collections[0]


class Choice:
    """Lets a person choose one of some values; `options` maps a value to what it is called."""

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        *,
        value: str,
        on_change: Callable[[str], Any],
    ) -> None:
        self.value = value
        self._on_change = on_change
        with tag("label", classes="choice"):
            tag("span", label, classes="choice-label")
            self._select = tag("select", aria_label=label)
        self._select.on("change", self._changed, js_handler=_EMIT)
        self.offer(options)

    def offer(self, options: Mapping[str, str]) -> None:
        """Replace what there is to choose from; the present value stays if it is among it."""
        if options and self.value not in options:
            self.value = next(iter(options))
        self._select.clear()
        with self._select:
            for value, name in options.items():
                option = tag("option", name, value=value)
                if value == self.value:
                    option.props["selected"] = True

    def _changed(self, event: GenericEventArguments) -> Any:
        self.value = str(event.args)
        return self._on_change(self.value)
