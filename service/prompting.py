"""Which prompts are in use: the service's own, or a team's above them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from prompts.catalogue import Catalogue
from prompts.errors import CatalogueError
from prompts.layers import layered
from service.errors import SettingsError


class PromptSettings(BaseModel):
    """`folder` holds a team's own released prompts, which win over the service's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = None


def catalogue_of(settings: PromptSettings) -> Catalogue:
    """Return the prompts in use.

    Raises:
        SettingsError: the folder is not in order; the message says why.
    """
    if settings.folder is None:
        return Catalogue.load()
    try:
        return layered(settings.folder.resolve())
    except CatalogueError as error:
        raise SettingsError(f"prompts.folder: {error}") from error
