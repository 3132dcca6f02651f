"""What changes the catalogue: compile, release, promote, roll back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prompts.catalogue import compiled_path, source_path
from prompts.compiled import Compiled, sha256_of
from prompts.compiling import compile_source
from prompts.errors import CatalogueError, PromptNotFoundError, PromptStateError
from prompts.manifest import (
    FILE,
    NAME,
    Manifest,
    Move,
    Promotion,
    PromptEntry,
    State,
    VersionEntry,
    editing,
    find,
    read_manifest,
    replace_file,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A version after it was compiled or released; `changed` says whether it was new."""

    name: str
    version: str
    state: State
    sha256: str
    inputs: tuple[str, ...]
    flags: tuple[str, ...]
    output: tuple[str, ...]
    variants: int
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A change of the active version; `before` is empty when there was none."""

    name: str
    before: str
    active: str


def compile_version(folder: Path, name: str, version: str) -> Outcome:
    """Compile a template into a draft; a released version is only compared.

    Raises:
        PromptNotFoundError: there is no such template.
        TemplateError: it cannot be compiled.
        PromptStateError: the version is released, and would not come out as it was.
    """
    return _compile(folder, name, version, State.DRAFT, "")


def release(folder: Path, name: str, version: str, *, note: str = "") -> Outcome:
    """Compile a template and freeze it: from now on it never changes.

    Releasing the same text again changes nothing.

    Raises:
        PromptNotFoundError: there is no such template.
        TemplateError: it cannot be compiled.
        PromptStateError: the version was released with another text.
    """
    return _compile(folder, name, version, State.RELEASED, note)


def promote(
    folder: Path, name: str, version: str, *, note: str = "", new_inputs: bool = False
) -> Activation:
    """Make a released version the active one.

    `new_inputs` allows a version that declares other inputs, flags or output fields than the
    active one: the code that asks for the prompt has to change with it.

    Raises:
        PromptNotFoundError: there is no such version.
        PromptStateError: it is a draft, is active already, or declares something else.
        CatalogueError: its files are not what was released.
    """
    with editing(folder) as manifest:
        entry = find(manifest, name)
        wanted = entry.version(name, version)
        if wanted.state is not State.RELEASED:
            raise PromptStateError(f"{name} {version} is a draft; release it first")
        if entry.active == version:
            raise PromptStateError(f"{name} {version} is the active version already")
        if entry.active and not new_inputs:
            _require_same_face(name, version, wanted, entry.versions[entry.active])
        _require_files(folder, name, version, wanted)
        return _activate(manifest, name, version, Move.PROMOTE, note)


def roll_back(folder: Path, name: str, *, note: str = "") -> Activation:
    """Make the version active again that was so before the last promotion.

    Raises:
        PromptNotFoundError: there is no such prompt.
        PromptStateError: there was none before.
        CatalogueError: its files are not what was released.
    """
    with editing(folder) as manifest:
        entry = find(manifest, name)
        earlier = entry.earlier()
        if not earlier:
            raise PromptStateError(f"{name} had no other active version before")
        _require_files(folder, name, earlier[-1], entry.version(name, earlier[-1]))
        return _activate(manifest, name, earlier[-1], Move.ROLLBACK, note)


def _compile(folder: Path, name: str, version: str, state: State, note: str) -> Outcome:
    source = _read_source(folder, name, version)
    _require_unreleased(folder, name, version, sha256_of(source))
    # POML takes seconds: the catalogue is held only for the writing.
    compiled = compile_source(
        source,
        name=name,
        version=version,
        origin=str(source_path(Path(), name, version)),
    )
    with editing(folder) as manifest:
        entry = manifest.get(name, PromptEntry())
        known = entry.versions.get(version)
        made = _entry_of(compiled, state, note or (known.note if known else ""))
        if known is not None and known.state is State.RELEASED:
            _require_unchanged(name, version, known, made)
            made = known
        replace_file(compiled_path(folder, name, version), compiled.to_bytes())
        versions = {**entry.versions, version: made}
        manifest[name] = entry.model_copy(update={"versions": versions})
    return Outcome(
        name=name,
        version=version,
        state=made.state,
        sha256=made.sha256,
        inputs=made.inputs,
        flags=made.flags,
        output=made.output,
        variants=len(compiled.variants),
        changed=made != known,
    )


def _read_source(folder: Path, name: str, version: str) -> bytes:
    if not NAME.fullmatch(name) or not NAME.fullmatch(version):
        raise PromptNotFoundError(
            f"{name!r} {version!r}: names are small letters, digits and _, as in synthesize v2"
        )
    path = source_path(folder, name, version)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PromptNotFoundError(f"there is no template {path}") from error


def _entry_of(compiled: Compiled, state: State, note: str) -> VersionEntry:
    return VersionEntry(
        state=state,
        sha256=compiled.source_sha256,
        compiled_sha256=sha256_of(compiled.to_bytes()),
        inputs=compiled.inputs,
        flags=compiled.flags,
        output=compiled.output,
        note=note,
    )


def _require_unreleased(folder: Path, name: str, version: str, sha256: str) -> None:
    """Say at once what cannot be: POML takes seconds."""
    manifest = read_manifest(folder) if (folder / FILE).exists() else {}
    known = manifest.get(name, PromptEntry()).versions.get(version)
    if known is not None and known.state is State.RELEASED and known.sha256 != sha256:
        raise PromptStateError(
            f"{name} {version} is released and cannot change; write the new text as a new version"
        )


def _require_unchanged(name: str, version: str, known: VersionEntry, made: VersionEntry) -> None:
    if known.sha256 != made.sha256:
        raise PromptStateError(f"{name} {version} was released meanwhile with another text")
    if known.compiled_sha256 != made.compiled_sha256:
        raise PromptStateError(
            f"{name} {version} compiles to something else than when it was released: "
            "the compiler has changed; make a new version"
        )


def _require_same_face(name: str, version: str, wanted: VersionEntry, active: VersionEntry) -> None:
    for kind in ("inputs", "flags", "output"):
        new, old = getattr(wanted, kind), getattr(active, kind)
        if new != old:
            raise PromptStateError(
                f"{name} {version} declares other {kind} ({', '.join(new) or 'none'}) than the "
                f"active version ({', '.join(old) or 'none'}): the code that asks for it must "
                "change, too; then say --new-inputs"
            )


def _require_files(folder: Path, name: str, version: str, entry: VersionEntry) -> None:
    for path, expected in (
        (source_path(folder, name, version), entry.sha256),
        (compiled_path(folder, name, version), entry.compiled_sha256),
    ):
        if not path.is_file() or sha256_of(path.read_bytes()) != expected:
            raise CatalogueError(f"{path} is missing or not what was released")


def _activate(manifest: Manifest, name: str, version: str, move: Move, note: str) -> Activation:
    entry = manifest[name]
    at = datetime.now(UTC).replace(microsecond=0)
    promotion = Promotion(version=version, move=move, at=at, note=note)
    manifest[name] = entry.model_copy(
        update={"active": version, "promotions": (*entry.promotions, promotion)}
    )
    return Activation(name=name, before=entry.active, active=version)
