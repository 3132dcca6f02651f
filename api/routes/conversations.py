"""What was asked and answered, as its owner sees it."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response, status

from api.content_response import disposition
from api.dependencies import Limit, Offset, Reader, Services
from api.documentation import problems
from api.strict_json import StrictRoute
from service.conversation_export import MEDIA_TYPES, export, filename
from service.conversation_schemas import (
    ConversationFull,
    ConversationPage,
    ConversationRead,
    ExportFormat,
    RenameRequest,
)
from service.schemas import CONVERSATION_ID

router = APIRouter(prefix="/api/conversations", tags=["conversations"], route_class=StrictRoute)
Id = Annotated[str, Path(pattern=CONVERSATION_ID, examples=["kitchen-2"])]


@router.get("", summary="List conversations", responses=problems())
async def list_conversations(
    *,
    services: Services,
    principal: Reader,
    q: Annotated[
        str | None, Query(max_length=200, description="Stands in a title or a message.")
    ] = None,
    deleted: Annotated[bool, Query(description="Those that can be restored.")] = False,
    everybody: Annotated[
        bool, Query(description="Those of the whole tenant, for administrators.")
    ] = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> ConversationPage:
    """List your conversations, the one that moved last first."""
    return await services.conversations.page(
        principal, text=q, deleted=deleted, everybody=everybody, limit=limit, offset=offset
    )


@router.get("/{conversation_id}", summary="Show a conversation", responses=problems(404))
async def get_conversation(
    services: Services, principal: Reader, conversation_id: Id
) -> ConversationFull:
    """Show a conversation with its turns and their citations."""
    return await services.conversations.show(principal, conversation_id)


@router.get(
    "/{conversation_id}/export",
    summary="Export a conversation",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}, "text/markdown": {}}},
        **problems(404),
    },
)
async def export_conversation(
    services: Services,
    principal: Reader,
    conversation_id: Id,
    form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.MARKDOWN,
) -> Response:
    """Download a conversation with its citations as one file."""
    found = await services.conversations.show(principal, conversation_id)
    headers = {"Content-Disposition": disposition(filename(found, form), inline=False)}
    return Response(export(found, form), media_type=MEDIA_TYPES[form], headers=headers)


@router.patch(
    "/{conversation_id}", summary="Rename a conversation", responses=problems(400, 404, 413)
)
async def rename_conversation(
    services: Services,
    principal: Reader,
    conversation_id: Id,
    body: Annotated[RenameRequest, Body(examples=[{"title": "Descaling the kettle"}])],
) -> ConversationRead:
    """Give a conversation another title."""
    return await services.conversations.rename(principal, conversation_id, body.title)


@router.delete(
    "/{conversation_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a conversation",
    responses=problems(404),
)
async def delete_conversation(services: Services, principal: Reader, conversation_id: Id) -> None:
    """Delete a conversation; it can be restored."""
    await services.conversations.delete(principal, conversation_id)


@router.post(
    "/{conversation_id}/restore", summary="Restore a conversation", responses=problems(404)
)
async def restore_conversation(
    services: Services, principal: Reader, conversation_id: Id
) -> ConversationRead:
    """Bring a deleted conversation back."""
    return await services.conversations.restore(principal, conversation_id)
