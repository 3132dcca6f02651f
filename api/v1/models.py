"""Collections as models: `cicerone` is the default collection, `cicerone/<name>` another."""

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError

from api.dependencies import Services, Visitor
from api.documentation import openai_problems
from api.problems import ProblemError
from api.v1.schemas import Model, ModelList
from service.schemas import CollectionName

MODEL = "cicerone"
DEFAULT_COLLECTION = "default"
router = APIRouter(prefix="/v1", tags=["openai"])
_name: TypeAdapter[str] = TypeAdapter(CollectionName)


def collection_of(model: str) -> str:
    """Return the collection that a model id stands for.

    Raises:
        ProblemError: 404, it is no model id of this service.
    """
    if model == MODEL:
        return DEFAULT_COLLECTION
    prefix, _, name = model.partition("/")
    try:
        if prefix != MODEL:
            raise model_not_found(model)
        return _name.validate_python(name)
    except ValidationError as error:
        raise model_not_found(model) from error


def model_not_found(model: str) -> ProblemError:
    """Build the refusal of a model id."""
    return ProblemError(
        404,
        "model-not-found",
        "No such model",
        f"there is no model {model[:100]!r}; use 'cicerone' or 'cicerone/<collection>' "
        "(GET /v1/models lists them)",
    )


@router.get("/models", summary="List models", responses=openai_problems())
async def list_models(services: Services, principal: Visitor) -> ModelList:
    """List what may stand in `model`: the service, and each of its collections."""
    names = await services.library.collections(principal)
    return ModelList(data=[Model(id=MODEL), *(Model(id=f"{MODEL}/{name}") for name in names)])


@router.get("/models/{model:path}", summary="Show a model", responses=openai_problems(404))
async def get_model(services: Services, principal: Visitor, model: str) -> Model:
    """Show one model."""
    name = collection_of(model)
    if model != MODEL and name not in await services.library.collections(principal):
        raise model_not_found(model)
    return Model(id=model)
