"""What partners bring: signed deliveries, and uploads to an address that is good for one file.

Nobody who sends has an account here: a signature or a token says who it is, and what is not
genuine leaves nothing behind.
"""

import shutil
import uuid
from collections.abc import AsyncIterator, Mapping
from mimetypes import guess_type
from pathlib import Path
from typing import Final
from urllib.parse import quote

import anyio.to_thread
import structlog
from pydantic import ValidationError

from data.database import Database
from data.models import Source
from providers.errors import PushRefusal, PushRefusedError
from providers.principal import Principal, Role
from providers.protocols import Cache, Delivery, Receiver
from providers.source.fetching.outcomes import LeftOut
from providers.source.naming import safe_name
from providers.source.saving import Saved, save
from service.crawls import Crawls, found, principal_of
from service.errors import (
    CapabilityDisabledError,
    DeliveryInvalidError,
    ForbiddenError,
    SourceInvalidError,
    SourceNotFoundError,
)
from service.page_visits import WEB_PLUGINS, covered
from service.schemas import JobRead
from service.source_options import build_source
from service.source_schemas import Notice, UploadUrl, UploadUrlRequest

NOTICE_TYPE: Final = "application/json"
_VAGUE = frozenset({"", "application/octet-stream", "application/x-www-form-urlencoded"})
_MAX_NOTICE_BYTES = 64 * 1024
_MIB = 1 << 20
log = structlog.get_logger("cicerone.sources")


class Deliveries:
    """Takes in what partners bring to the sources of all tenants."""

    def __init__(
        self,
        database: Database,
        crawls: Crawls,
        cache: Cache | None,
        *,
        spool: Path,
        max_bytes: int,
    ) -> None:
        self._database = database
        self._crawls = crawls
        self._cache = cache
        self._spool = spool
        self._max_bytes = max_bytes

    async def push(
        self,
        name: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes],
        *,
        filename: str | None,
        media_type: str,
    ) -> JobRead:
        """Take in a signed delivery for the source with that id or name.

        Raises:
            PushRefusedError: it is not genuine, too old, too large, or was here before.
            DeliveryInvalidError: it is genuine, and cannot be used.
            SourceNotFoundError: no source of that name takes deliveries.
        """
        source, receiver = await self._receiver(name)
        delivery = receiver.begin(headers)
        is_notice = media_type == NOTICE_TYPE
        if not is_notice and not filename:
            raise DeliveryInvalidError("say what the file is called: …/push?name=manual.pdf")
        limit = _MAX_NOTICE_BYTES if is_notice else self._max_bytes
        saved = await self._save(_checked(body, delivery), limit)
        try:
            await delivery.finish()
            if is_notice:
                text = await anyio.to_thread.run_sync(saved.path.read_bytes)
                job = await self._heed(source, text)
                await self._discard(saved.path.parent)
                return job
            return await self._bring(source, filename or "", media_type, saved)
        except BaseException:
            await self._discard(saved.path.parent)
            raise

    async def grant(self, principal: Principal, name: str, wanted: UploadUrlRequest) -> UploadUrl:
        """Make an address at which one file can be left once, without a credential.

        Raises:
            SourceNotFoundError: the tenant has no such source.
            SourceInvalidError: it takes no uploads.
        """
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("upload addresses need a principal with the role 'editor'")
        async with self._database.begin(principal, read_only=True) as tx:
            source = found(await tx.sources.by_name(name), name)
        receiver = self._build(source)
        if receiver is None or not source.options.get("upload_secret"):
            raise SourceInvalidError(
                f"{name!r} takes no uploads: it needs the plugin push and the option upload_secret"
            )
        token = receiver.grant(
            wanted.name,
            max_bytes=None if wanted.max_mb is None else int(wanted.max_mb * _MIB),
            ttl_s=wanted.expires_s,
        )
        return UploadUrl(path=f"/api/uploads/{source.id}.{token}", name=safe_name(wanted.name))

    async def upload(self, token: str, body: AsyncIterator[bytes], media_type: str) -> JobRead:
        """Take in the file that a token is good for.

        Raises:
            PushRefusedError: the token is false, too old or used, or the file too large.
        """
        source_id, _, granted = token.partition(".")
        try:
            source, receiver = await self._receiver(source_id)
        except SourceNotFoundError as error:
            raise PushRefusedError("the upload token is not valid here") from error
        grant = await receiver.redeem(granted)
        saved = await self._save(body, min(grant.max_bytes, self._max_bytes))
        try:
            return await self._bring(source, grant.name, media_type, saved)
        except BaseException:
            await self._discard(saved.path.parent)
            raise

    async def _receiver(self, name: str) -> tuple[Source, Receiver]:
        """Find who a delivery is for; whether a source exists is told to nobody else."""
        async with self._database.unscoped(read_only=True) as everyone:
            rows = list(await everyone.sources.called(name))
        unknown = SourceNotFoundError(f"no source {name!r} takes deliveries here")
        if len(rows) != 1:
            raise unknown
        try:
            receiver = self._build(rows[0])
        except SourceInvalidError as error:
            log.warning("source.unusable", source=rows[0].name, error=str(error))
            raise unknown from error
        if receiver is None:
            raise unknown
        return rows[0], receiver

    def _build(self, source: Source) -> Receiver | None:
        if self._cache is None:
            raise CapabilityDisabledError(
                "deliveries need a cache, or replays get in: cache.enabled is false"
            )
        plugin = build_source(source.plugin, source.options)
        if not isinstance(plugin, Receiver):
            return None
        plugin.bind_cache(self._cache, scope=f"{source.tenant_id}/{source.id}")
        return plugin

    async def _save(self, body: AsyncIterator[bytes], limit: int) -> Saved:
        # The folder has the name of the job to come: what a crash leaves is found by it.
        folder = self._spool / str(uuid.uuid4())
        try:
            return await save(body, folder / "file", max_bytes=limit)
        except BaseException as error:
            await self._discard(folder)
            if isinstance(error, LeftOut):
                raise PushRefusedError(
                    f"at most {limit} bytes are taken", reason=PushRefusal.TOO_LARGE
                ) from error
            raise

    async def _bring(self, source: Source, name: str, media_type: str, saved: Saved) -> JobRead:
        called = safe_name(name)
        guessed, _ = guess_type(called)
        given = {
            "uri": _uri(called),
            "name": called,
            "path": str(saved.path.absolute()),
            "media_type": guessed or media_type if media_type in _VAGUE else media_type,
            "size": saved.size,
            "sha256": saved.sha256,
        }
        return await self._crawls.bring(
            principal_of(source),
            source.id,
            {"delivered": [given]},
            job_id=saved.path.parent.name,
        )

    async def _heed(self, source: Source, text: bytes) -> JobRead:
        """Do what a notice says."""
        try:
            notice = Notice.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "notice"
            raise DeliveryInvalidError(f"{place}: {first['msg']}") from error
        if notice.gone and notice.name:
            gone = {"uri": _uri(safe_name(notice.name)), "gone": True}
            return await self._crawls.bring(principal_of(source), source.id, {"delivered": [gone]})
        if notice.url is None or notice.gone:
            raise DeliveryInvalidError(
                "a notice has a url to be fetched, or the name of a file that is gone"
            )
        return await self._visit(source, notice.url)

    async def _visit(self, source: Source, url: str) -> JobRead:
        """Look at a page, if one of the tenant's web sources takes it: its rules hold then."""
        principal = principal_of(source)
        async with self._database.begin(principal, read_only=True) as tx:
            webs = [
                row for row in await tx.sources.list() if row.enabled and row.plugin in WEB_PLUGINS
            ]
        for web in webs:
            if (spelled := covered(web.options, url)) is not None:
                return await self._crawls.bring(principal, web.id, {"only": [spelled]})
        raise DeliveryInvalidError(
            "no web source here takes that address; ask for one, or push the file itself"
        )

    async def _discard(self, folder: Path) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(lambda: shutil.rmtree(folder, ignore_errors=True))


async def _checked(body: AsyncIterator[bytes], delivery: Delivery) -> AsyncIterator[bytes]:
    async for piece in body:
        delivery.update(piece)
        yield piece


def _uri(name: str) -> str:
    """Return what identifies a file that is brought under a name."""
    return f"push:{quote(name)}"
