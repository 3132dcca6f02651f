"""Sources that a file declares."""

from pathlib import Path

import yaml

from cli.problems import Problem, ProblemError, UsageProblemError
from cli.source_calls import SourceCalls
from service.source_schemas import Declared, SourcePut, SourceSpec


def read_declared(text: str) -> Declared:
    """Read a YAML file with `vendors`, `products` and `sources`.

    Raises:
        ProblemError: there is no such file.
        UsageProblemError: it is not YAML, or no mapping.
        ValidationError: a field is unknown or of the wrong kind.
    """
    path = Path(text)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProblemError(
            Problem(
                type="/problems/path-not-found",
                title="No such file or folder",
                status=404,
                detail=f"{text}: {error.strerror}",
            )
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageProblemError(f"{text} is not valid YAML: {error}") from error
    if not isinstance(found, dict):
        raise UsageProblemError(f"{text} must hold 'sources:', and may hold vendors and products")
    return Declared.model_validate(found)


async def apply(calls: SourceCalls, declared: Declared) -> list[SourcePut]:
    """Let there be what is declared, vendors and products first."""
    for vendor in declared.vendors:
        await calls.add_vendor(vendor)
    for product in declared.products:
        await calls.add_product(product)
    return [
        await calls.put(
            source.name,
            SourceSpec.model_validate(source.model_dump(exclude={"name"}, exclude_unset=True)),
        )
        for source in declared.sources
    ]
