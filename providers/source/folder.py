"""A folder as a source: its files, seen again only when their stamp has changed."""

import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote_to_bytes, urlsplit

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field
from watchfiles import awatch

from providers.errors import ProviderError, TransientProviderError
from providers.source.absence import sudden_emptiness
from providers.source.fetching.outcomes import ENDINGS, LeftOut, NotRead, NotThere, arrival_of
from providers.source.naming import safe_name
from providers.source.patterns import chosen
from providers.source.rules import version_of
from providers.source.saving import Saved, place_for, save
from providers.source.types import (
    NOTHING_KNOWN,
    Arrival,
    Fetched,
    Gone,
    Skipped,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)
from providers.types import Health, Status

_MIB = 1 << 20
_BLOCK = 1 << 20
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FolderConfig(BaseModel):
    """Options of the `folder` source.

    `include` and `exclude` are patterns of paths below `root`; hidden files are left out
    unless `hidden`. Links are followed to files within the folder only. `max_mb` is the
    largest file, MiB. A folder that had files and is empty is taken for a disk that is not
    mounted, unless it `may_be_empty`. `polling` watches a network drive, which sends no
    events; `debounce_ms` is the silence after which a burst of changes is over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    hidden: bool = False
    max_mb: float = Field(default=100, gt=0)
    may_be_empty: bool = False
    polling: bool = False
    debounce_ms: int = Field(default=1600, ge=1)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file as the directory lists it."""

    path: Path
    relative: str
    stamp: str
    modified: str
    size: int


class FolderSource:
    """Reads the files below a folder; each is copied, so that it cannot change under way."""

    config_type: ClassVar = FolderConfig

    def __init__(self, config: FolderConfig) -> None:
        self._config = config
        self._root = config.root.absolute()

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        return version_of("folder", self._config, leaving_out={"polling", "debounce_ms"})

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Look at every file; what is known and not there any more is gone."""
        empty = await to_thread.run_sync(self._check_root)
        if empty and known and not self._config.may_be_empty:
            raise sudden_emptiness(str(self._root))
        seen: set[str] = set()
        waiting = [self._root]
        while waiting:
            entries, folders, skipped = await to_thread.run_sync(self._list, waiting.pop())
            waiting += reversed(folders)
            for item in skipped:
                seen.add(item.uri)
                yield item
            for entry in entries:
                uri = entry.path.as_uri()
                seen.add(uri)
                yield await self._arrival(entry, uri, known.get(uri, NOTHING_KNOWN), into)
        for uri in known:
            if uri not in seen:
                yield await to_thread.run_sync(self._missing, uri)

    async def watch(self) -> AsyncGenerator[frozenset[str], None]:
        """Yield the URIs that changed, after each burst of changes."""
        await to_thread.run_sync(self._check_root)
        async for changes in awatch(
            self._root,
            watch_filter=None,
            debounce=self._config.debounce_ms,
            force_polling=self._config.polling,
        ):
            paths = {Path(path) for _, path in changes}
            if uris := await to_thread.run_sync(self._concerned, paths):
                yield uris

    async def check(self) -> Health:
        """Tell whether the folder can be listed."""
        try:
            await to_thread.run_sync(self._check_root)
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="folder", detail=str(error))
        return Health(status=Status.READY, plugin="folder", detail=str(self._root))

    async def aclose(self) -> None:
        """Hold nothing."""

    def _check_root(self) -> bool:
        """Tell whether the folder is empty; raises when it cannot be listed."""
        try:
            with os.scandir(self._root) as found:
                return next(found, None) is None
        except OSError as error:
            raise TransientProviderError(
                f"the folder {self._root} cannot be listed: {error.strerror}; check its name, "
                "its disk and its rights"
            ) from error

    def _list(self, folder: Path) -> tuple[list[_Entry], list[Path], list[Skipped]]:
        """List one directory: its files, its folders, and the links that lead out."""
        entries: list[_Entry] = []
        folders: list[Path] = []
        skipped: list[Skipped] = []
        try:
            with os.scandir(folder) as found:
                listed = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return entries, folders, skipped
        except OSError as error:
            # Nothing below can be called gone when it only cannot be seen.
            raise TransientProviderError(
                f"the folder {folder} cannot be listed: {error.strerror}; check its rights, or "
                "leave it out with exclude"
            ) from error
        for entry in listed:
            path = Path(entry.path)
            relative = self._relative(path)
            if entry.is_dir(follow_symlinks=False):
                if self._enters(relative):
                    folders.append(path)
            elif self._wanted(relative):
                self._look(entry, relative, entries, skipped)
        return entries, folders, skipped

    def _look(
        self, entry: os.DirEntry[str], relative: str, entries: list[_Entry], skipped: list[Skipped]
    ) -> None:
        """Take a file's stamp; special files and broken links are no files."""
        path = Path(entry.path)
        try:
            if entry.is_symlink() and not self._holds(path.resolve(strict=True)):
                message = "it is a link that leads out of the folder"
                skipped.append(
                    Skipped(uri=path.as_uri(), reason=SkipReason.OUTSIDE, message=message)
                )
                return
            found = entry.stat()
        except (OSError, RuntimeError):
            return  # gone by now, a broken link, or links in a circle
        if stat.S_ISREG(found.st_mode):
            entries.append(_entry(path, relative, found))

    def _holds(self, target: Path) -> bool:
        return target.is_relative_to(self._root.resolve())

    def _open(self, path: Path) -> int:
        """Open the file that a path stands for; by now it may stand for another."""
        target = path.resolve(strict=True)
        if not self._holds(target):
            raise LeftOut(SkipReason.OUTSIDE, "it is a link that leads out of the folder")
        return os.open(target, _OPEN)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _enters(self, relative: str) -> bool:
        hidden = relative.rsplit("/", 1)[-1].startswith(".") and not self._config.hidden
        return not hidden and chosen(relative, (), self._config.exclude)

    def _wanted(self, relative: str) -> bool:
        hidden = any(part.startswith(".") for part in relative.split("/"))
        return (self._config.hidden or not hidden) and chosen(
            relative, self._config.include, self._config.exclude
        )

    def _concerned(self, paths: set[Path]) -> frozenset[str]:
        """Return the URIs that matter; a folder that came or went stands for its files."""
        return frozenset(
            path.as_uri()
            for path in paths
            if (self._wanted if path.is_file() else self._enters)(self._relative(path))
        )

    def _missing(self, uri: str) -> Arrival:
        """Say why a known item was not listed."""
        path = Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))
        if path.exists() and path.is_relative_to(self._root):
            return Skipped(uri=uri, reason=SkipReason.OUTSIDE, message="the rules leave it out now")
        return Gone(uri=uri, why="the file is not in the folder any more")

    async def _arrival(self, entry: _Entry, uri: str, known: Validators, into: Path) -> Arrival:
        if known.etag == entry.stamp and known.sha256:
            return Unchanged(uri=uri, by=UnchangedBy.STAT)
        limit = int(self._config.max_mb * _MIB)
        if entry.size > limit:
            message = f"it is larger than {limit} bytes"
            return Skipped(uri=uri, reason=SkipReason.TOO_LARGE, message=message)
        try:
            saved, stamped = await self._copy(entry, place_for(uri, into), limit)
        except ENDINGS as ending:
            return arrival_of(uri, ending)
        if saved.sha256 == known.sha256:
            await to_thread.run_sync(saved.path.unlink)
            return Unchanged(
                uri=uri,
                by=UnchangedBy.SHA256,
                etag=stamped.stamp,
                last_modified=stamped.modified,
            )
        return _fetched(uri, stamped, saved)

    async def _copy(self, entry: _Entry, target: Path, limit: int) -> tuple[Saved, _Entry]:
        """Copy a file; its stamp is taken from the file that was open.

        Raises:
            NotThere: it has gone.
            NotRead: it changes while it is read, or may not be read.
            LeftOut: it has grown too large.
        """
        try:
            opened = await to_thread.run_sync(self._open, entry.path)
        except FileNotFoundError as error:
            raise NotThere("the file is not in the folder any more") from error
        except OSError as error:
            raise NotRead(f"it cannot be opened: {error.strerror}", transient=False) from error
        try:
            before = os.fstat(opened)
            if not stat.S_ISREG(before.st_mode):
                raise LeftOut(SkipReason.WRONG_TYPE, "it is no ordinary file")
            saved = await save(_blocks(opened), target, max_bytes=limit)
            first, last = (
                _entry(entry.path, entry.relative, one) for one in (before, os.fstat(opened))
            )
        finally:
            os.close(opened)
        if first.stamp != last.stamp:
            saved.path.unlink(missing_ok=True)
            raise NotRead("it changes while it is read", transient=True)
        return saved, last


def _entry(path: Path, relative: str, found: os.stat_result) -> _Entry:
    modified = datetime.fromtimestamp(found.st_mtime_ns / 1e9, UTC)
    return _Entry(
        path=path,
        relative=relative,
        stamp=f"{found.st_mtime_ns:x}-{found.st_size:x}",
        modified=modified.isoformat(),
        size=found.st_size,
    )


def _fetched(uri: str, entry: _Entry, saved: Saved) -> Fetched:
    guessed, _ = guess_type(entry.path.name)
    return Fetched(
        uri=uri,
        name=safe_name(entry.relative),
        path=saved.path,
        media_type=guessed or "application/octet-stream",
        size=saved.size,
        sha256=saved.sha256,
        etag=entry.stamp,
        last_modified=entry.modified,
    )


async def _blocks(opened: int) -> AsyncIterator[bytes]:
    while block := await to_thread.run_sync(os.read, opened, _BLOCK):
        yield block
