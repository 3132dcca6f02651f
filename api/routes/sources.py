"""Sources: set up, look at, crawl; and what partners bring to them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.dependencies import Admin, Editor, Limit, Partner, Reader, Services
from api.documentation import EVENT_STREAM, problems
from api.event_encoders import CrawlEncoder
from api.event_stream import EventStream, Pump
from api.problems import ProblemError
from api.strict_json import StrictRoute
from data.models import ItemState
from providers.errors import PushRefusal, PushRefusedError
from service.schemas import JobRead
from service.source_schemas import (
    CrawlHistory,
    CrawlRequest,
    ItemPage,
    NewSource,
    Removed,
    SourceChange,
    SourceList,
    SourceName,
    SourcePut,
    SourceRead,
    SourceSpec,
    UploadUrl,
    UploadUrlRequest,
)

router = APIRouter(prefix="/api", tags=["sources"], route_class=StrictRoute)
partners = APIRouter(prefix="/api", tags=["sources"])
"""Addresses that a signature or a token opens, not a key."""

Name = Annotated[SourceName, Path(description="The source's name.")]
_STATUS = {
    PushRefusal.MALFORMED: 400,
    PushRefusal.OLD_TIMESTAMP: 403,
    PushRefusal.EXPIRED: 403,
    PushRefusal.REPLAYED: 409,
    PushRefusal.TOO_LARGE: 413,
}
"""What is not listed is 401: it is not known who sent it."""
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "A job works in the background.",
        "headers": {"Location": {"description": "The job.", "schema": {"type": "string"}}},
    }
}
_FILE: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
_DELIVERY: dict[str, Any] = {
    **_FILE,
    "content": {
        **_FILE["content"],
        "application/json": {"schema": {"$ref": "#/components/schemas/Notice"}},
    },
}


@router.get("/sources", summary="List sources", responses=problems())
async def list_sources(services: Services, principal: Reader) -> SourceList:
    """List the sources by name."""
    return await services.sources.list(principal)


@router.post("/sources", summary="Add a source", status_code=201, responses=problems(400, 409, 413))
async def add_source(services: Services, principal: Admin, body: NewSource) -> SourceRead:
    """Set up a source; nothing is fetched before its first crawl."""
    return await services.sources.add(principal, body)


@router.get("/sources/{name}", summary="Show a source", responses=problems(404))
async def get_source(services: Services, principal: Reader, name: Name) -> SourceRead:
    """Show a source, and how many items it has in which state."""
    return await services.sources.show(principal, name)


@router.put("/sources/{name}", summary="Declare a source", responses=problems(400, 413))
async def put_source(
    services: Services, principal: Admin, name: Name, body: SourceSpec
) -> SourcePut:
    """Let there be a source exactly like that; the same again changes nothing."""
    return await services.sources.put(principal, name, body)


@router.patch("/sources/{name}", summary="Change a source", responses=problems(400, 404, 413))
async def update_source(
    services: Services, principal: Admin, name: Name, body: SourceChange
) -> SourceRead:
    """Change some things of a source; what the body leaves out stays."""
    return await services.sources.update(principal, name, body)


@router.delete("/sources/{name}", summary="Remove a source", responses=problems(404, 409))
async def remove_source(
    services: Services,
    principal: Admin,
    name: Name,
    delete_documents: Annotated[bool, Query(description="Delete its documents too.")] = False,
) -> Removed:
    """Remove a source; its documents stay unless they are to be deleted with it."""
    return await services.sources.remove(principal, name, delete_documents=delete_documents)


@router.get("/sources/{name}/items", summary="List a source's items", responses=problems(404))
async def list_items(
    *,
    services: Services,
    principal: Reader,
    name: Name,
    state: Annotated[ItemState | None, Query()] = None,
    reason: Annotated[str | None, Query(max_length=40)] = None,
    after: Annotated[str, Query(max_length=1024, description="The URI before the page.")] = "",
    limit: Limit = 50,
) -> ItemPage:
    """List what the source has, or had, by URI."""
    return await services.sources.items(
        principal, name, state=state, reason=reason, after=after, limit=limit
    )


@router.get("/sources/{name}/crawls", summary="List a source's crawls", responses=problems(404))
async def list_crawls(
    services: Services, principal: Reader, name: Name, limit: Limit = 20
) -> CrawlHistory:
    """List the newest crawls first."""
    return await services.sources.history(principal, name, limit=limit)


@router.post(
    "/sources/{name}/crawl",
    summary="Crawl a source",
    status_code=202,
    responses={**_ACCEPTED, **problems(400, 404, 409, 413)},
)
async def crawl_source(
    response: Response, services: Services, principal: Editor, name: Name, body: CrawlRequest
) -> JobRead:
    """Look at the source now, and take in what is new."""
    job = await services.sources.crawl(principal, name, ignore_window=body.ignore_window)
    return _located(response, job)


@router.get(
    "/sources/{name}/watch",
    summary="Watch a source",
    response_class=Response,
    responses={
        200: {"description": "A job for each crawl that has ended.", "content": EVENT_STREAM},
        **problems(404, 409),
    },
)
async def watch_source(services: Services, principal: Editor, name: Name) -> Response:
    """Crawl at once and at each change, for as long as the client listens."""
    await services.sources.show(principal, name)
    pump = Pump(services.watching.watch(principal, name))
    await pump.peek(lambda _: False)
    return EventStream(pump, CrawlEncoder())


@router.post(
    "/sources/{name}/upload-urls",
    summary="Make an upload address",
    status_code=201,
    responses=problems(400, 404, 413),
)
async def make_upload_url(
    services: Services, principal: Editor, name: Name, body: UploadUrlRequest
) -> UploadUrl:
    """Make an address at which a partner can leave one file, once, without a key."""
    return await services.deliveries.grant(principal, name, body)


@partners.post(
    "/sources/{name}/push",
    summary="Push to a source",
    status_code=202,
    openapi_extra={"requestBody": _DELIVERY, "security": []},
    responses={**_ACCEPTED, **problems(400, 404, 409, 413, 507)},
    dependencies=[Partner],
)
async def push(
    request: Request,
    response: Response,
    services: Services,
    name: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")],
    filename: Annotated[
        str | None, Query(alias="name", max_length=500, description="What the file is called.")
    ] = None,
) -> JobRead:
    """Take in a signed file, or a notice (JSON) that says where one is.

    The headers X-Cicerone-Key, X-Cicerone-Timestamp and X-Cicerone-Signature say who sends it.
    `name` in the path is the source's id, or its name where no other tenant has one like it.
    """
    try:
        job = await services.deliveries.push(
            name,
            request.headers,
            request.stream(),
            filename=filename,
            media_type=_media_type(request),
        )
    except PushRefusedError as error:
        raise _refused(error) from error
    return _located(response, job)


@partners.put(
    "/uploads/{token}",
    summary="Upload a file to an upload address",
    status_code=202,
    openapi_extra={"requestBody": _FILE, "security": []},
    responses={**_ACCEPTED, **problems(409, 413, 507)},
    dependencies=[Partner],
)
async def upload(
    request: Request,
    response: Response,
    services: Services,
    token: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,4096}$")],
) -> JobRead:
    """Take in the file that the address is good for; the second time it is not."""
    try:
        job = await services.deliveries.upload(token, request.stream(), _media_type(request))
    except PushRefusedError as error:
        raise _refused(error) from error
    return _located(response, job)


def _located(response: Response, job: JobRead) -> JobRead:
    response.headers["Location"] = f"/api/jobs/{job.job_id}"
    return job


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refused(error: PushRefusedError) -> ProblemError:
    status = _STATUS.get(error.reason, 401)
    return ProblemError(status, "push-refused", "The delivery is refused", str(error))
