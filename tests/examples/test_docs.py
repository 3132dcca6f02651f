"""The documentation says what the code does."""

import importlib
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

import api
import service.schemas
from api.problems import Problem, describe
from data.errors import DatabaseError
from examples.locate import normalise
from graphs.errors import GraphError
from prompts.errors import PromptError
from providers.errors import ProviderError, QuarantineReason, UnreadableDocumentError
from providers.registry import RERANKER, load
from providers.types import Status
from service.errors import ServiceError
from service.plugins import load_providers
from service.settings import CONFIG_VARIABLE, Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


def blocks(language: str, title: str = "") -> list[Any]:
    """Return the blocks of a language whose title matches, with the page they stand on."""
    return [
        pytest.param(match[3], match[2], id=f"{page.stem}-{match[2]}-{number}")
        for page in PAGES
        for number, match in enumerate(_BLOCK.finditer(page.read_text(encoding="utf-8")))
        if match[1] == language and re.fullmatch(title, match[2] or "")
    ]


@pytest.mark.parametrize(("text", "name"), blocks("json", r"[A-Z]\w+"))
def test_a_sample_has_the_shape_that_its_title_names(text: str, name: str) -> None:
    shape = Problem if name == "Problem" else getattr(service.schemas, name)
    sample = shape.model_validate_json(text, strict=False)

    assert set(sample.model_dump(exclude_unset=True)) <= set(shape.model_fields)
    assert sample.model_fields_set >= {k for k, f in shape.model_fields.items() if f.is_required()}


@pytest.mark.parametrize(("text", "name"), blocks("json", "Answer"))
def test_a_sample_answer_quotes_the_page_that_it_names(
    text: str, name: str, pages: dict[str, list[str]]
) -> None:
    citations = service.schemas.Answer.model_validate_json(text).citations

    assert citations
    for citation in citations:
        assert citation.page
        assert normalise(citation.quote) in pages[citation.source][citation.page - 1], name


@pytest.mark.parametrize(("text", "name"), blocks("yaml", r"config\.yaml"))
def test_a_settings_sample_builds_the_providers(
    text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "plugin: overlap" in text:
        install_overlap(tmp_path, monkeypatch)
    (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv(CONFIG_VARIABLE, str(tmp_path / name))

    settings = load_settings(home=tmp_path / "home")
    assert load_providers(settings).vector_store is not None


def settings_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    """List the keys of all settings but a plugin's own, with dots."""
    found = []
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        if not inner or inner[0].__name__ == "PluginSettings":
            found.append(prefix + name)
        else:
            # Of a map of sections the reader chooses the names.
            named = "<name>." if get_origin(field.annotation) is dict else ""
            found.extend(settings_keys(inner[0], f"{prefix}{name}.{named}"))
    return found


@pytest.mark.parametrize("key", settings_keys(Settings))
def test_every_setting_is_explained(key: str) -> None:
    page = (ROOT / "docs/how-to/configure.md").read_text(encoding="utf-8")

    assert f"\n| `{key}` |" in page, f"docs/how-to/configure.md needs a row for `{key}`"


def test_no_setting_is_explained_that_does_not_exist() -> None:
    page = (ROOT / "docs/how-to/configure.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([\w.]+)` \|", page, flags=re.MULTILINE))

    assert explained - set(settings_keys(Settings)) <= {"auth.jwt"}


_SAMPLES: Mapping[type, list[Any]] = {UnreadableDocumentError: [QuarantineReason.EMPTY, "sample"]}


def error_types() -> set[str]:
    """Collect the slugs of all errors that the code can answer with."""
    for package in ("data", "graphs", "service", "api"):
        for module in pkgutil.iter_modules([str(ROOT / package)], f"{package}."):
            if module.name.endswith("errors"):
                importlib.import_module(module.name)
    importlib.import_module("graphs.query.errors")
    classes: list[Any] = [ServiceError, GraphError, DatabaseError, ProviderError, PromptError]
    for known in classes:
        classes.extend(known.__subclasses__())
    sources = "".join(path.read_text() for path in Path(api.__path__[0]).rglob("*.py"))
    in_api = re.findall(r'\b[45]\d\d,\s+"([a-z]+(?:-[a-z]+)+)"', sources)
    own = [known for known in classes if not issubclass(known, ProviderError)]
    providers = [kind(*_SAMPLES.get(kind, ["sample"])) for kind in set(classes) - set(own)]
    return {*(known.type for known in own), *in_api, *(describe(e).slug for e in providers)}


@pytest.mark.parametrize("slug", sorted(error_types()))
def test_every_error_type_is_explained(slug: str) -> None:
    page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")

    assert f"\n| `{slug}` |" in page, f"docs/reference/errors.md needs a row for `{slug}`"


def install_overlap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the provider that the guide writes, as the package of its own that it may be."""
    guide = (ROOT / "docs/how-to/add-a-provider.md").read_text(encoding="utf-8")
    found = {match[2]: match[3] for match in _BLOCK.finditer(guide)}
    (folder / "overlap_reranker.py").write_text(found["providers/reranker/overlap.py"])
    line = found["pyproject.toml"].splitlines()[-1]
    assert line == 'overlap = "providers.reranker.overlap:OverlapReranker"'
    info = folder / "overlap_reranker-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: overlap-reranker\nVersion: 1.0\n")
    entry = "overlap = overlap_reranker:OverlapReranker"
    (info / "entry_points.txt").write_text(f"[cicerone.reranker]\n{entry}\n")
    monkeypatch.syspath_prepend(str(folder))


async def test_the_provider_of_the_guide_does_what_a_reranker_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_overlap(tmp_path, monkeypatch)
    reranker = load(RERANKER, "overlap", {"min_chars": 4})

    passages = ["The museum opens at nine.", "Error E18: the pump is blocked."]
    scores = await reranker.rerank("what does error mean", passages, keys=["a", "b"])
    assert scores[1] > scores[0]
    assert await reranker.rerank("anything", [], keys=[]) == []
    with pytest.raises(ValueError, match="keys"):
        await reranker.rerank("anything", passages, keys=["a"])
    assert (await reranker.check()).status is Status.READY
    await reranker.aclose()
    await reranker.aclose()


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert "$ make run\n" in readme and "$ make test\n" in readme
    for target in set(re.findall(r"make ([a-z][a-z-]+)", readme)):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
