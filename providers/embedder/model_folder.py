"""What a local model folder holds, and how to tell a whole one from a half-made one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from providers.errors import ModelMissingError

MANIFEST = "manifest.json"
WEIGHTS = "model.onnx"
QUANTISED = "model.int8.onnx"
"""The same model with 8-bit weights; a folder may lack it."""
TOKENIZER = "tokenizer.json"
TOKENIZER_FILES = (
    TOKENIZER,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "config.json",
)
MODEL_FILES = (WEIGHTS, *TOKENIZER_FILES)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """A model folder that is ready to load.

    `origin` says where the weights came from, `files` maps each file to its SHA-256,
    `sizes` to its length in bytes.
    """

    name: str
    folder: Path
    origin: str
    dimensions: int
    pooling: str
    files: Mapping[str, str]
    sizes: Mapping[str, int]

    @property
    def fingerprint(self) -> str:
        """First 12 hex digits of the SHA-256 of the original weights."""
        return self.fingerprint_of(WEIGHTS)

    def fingerprint_of(self, weights: str) -> str:
        """First 12 hex digits of the SHA-256 of one of its files of weights."""
        return self.files[weights][:12]

    @property
    def quantised(self) -> bool:
        """Whether there is a copy with 8-bit weights."""
        return QUANTISED in self.files


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex, reading it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def find_folder(models_dir: Path, name: str) -> Path | None:
    """Return the folder that a model's name stands for: below `models_dir`, or a path."""
    below, path = models_dir / name, Path(name).expanduser()
    return below if below.is_dir() else path if path.is_dir() else None


def need_files(folder: Path, *names: str) -> None:
    """Raise ModelMissingError when a folder that somebody filled by hand lacks a file."""
    for name in names:
        if not (folder / name).is_file():
            raise ModelMissingError(
                f"no {name} in {folder}: copy the model's ONNX export and its tokenizer there"
            )


def weights_fingerprint(folder: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 of a folder's weights.

    The manifest knows it; a folder that somebody made by hand is read through.

    Raises:
        ModelMissingError: the folder has no weights, or a manifest and not all its files.
    """
    if (folder / MANIFEST).is_file():
        return read_folder(folder).fingerprint
    try:
        return sha256_of(folder / WEIGHTS)[:12]
    except OSError as error:
        raise ModelMissingError(f"no {WEIGHTS} in {folder}") from error


def write_manifest(folder: Path, *, name: str, origin: str, pooling: str) -> PreparedModel:
    """Describe the files of `folder` in its manifest and return the description.

    Raises:
        ModelMissingError: a file of `MODEL_FILES` is not there.
    """
    missing = [entry for entry in MODEL_FILES if not (folder / entry).is_file()]
    if missing:
        raise ModelMissingError(f"{folder} lacks {', '.join(missing)}")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    present = [*MODEL_FILES, *([QUANTISED] if (folder / QUANTISED).is_file() else [])]
    model = PreparedModel(
        name=name,
        folder=folder,
        origin=origin,
        dimensions=int(config["hidden_size"]),
        pooling=pooling,
        files={entry: sha256_of(folder / entry) for entry in present},
        sizes={entry: (folder / entry).stat().st_size for entry in present},
    )
    record = asdict(model)
    del record["folder"]
    (folder / MANIFEST).write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    return model


def read_folder(folder: Path) -> PreparedModel:
    """Read the manifest of `folder` and check that every file is there in full length.

    Raises:
        ModelMissingError: the folder is absent, half-made or damaged; the message says
            which command makes it.
    """
    advice = f"run `cicerone models prepare {folder.name}`"
    try:
        record = json.loads((folder / MANIFEST).read_text("utf-8"))
        model = PreparedModel(folder=folder, **record)
        wrong = [e for e, size in model.sizes.items() if (folder / e).stat().st_size != size]
    except (OSError, ValueError, TypeError) as error:
        raise ModelMissingError(f"no usable model in {folder}: {advice}") from error
    if wrong:
        raise ModelMissingError(f"{', '.join(wrong)} in {folder} is damaged: {advice}")
    return model


def list_models(models_dir: Path) -> list[PreparedModel]:
    """List the usable models below `models_dir`, by name; half-made ones are left out."""
    if not models_dir.is_dir():
        return []
    found = []
    for folder in sorted(models_dir.iterdir()):
        if folder.name.startswith(".") or not (folder / MANIFEST).is_file():
            continue
        try:
            found.append(read_folder(folder))
        except ModelMissingError:
            continue
    return found
