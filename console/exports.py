"""Lets the browser download a conversation."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response
from nicegui import app

from api.content_response import disposition
from api.problems import MEDIA_TYPE, describe
from console.identity import Door
from console.problems import FAILURES
from service.container import Container
from service.conversation_export import MEDIA_TYPES, export, filename
from service.conversation_schemas import ExportFormat


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the route."""

    @app.get("/conversations/{conversation_id}/export", include_in_schema=False)
    async def exported(conversation_id: str, request: Request) -> Response:
        session, client = door.caller(request)
        form = ExportFormat.MARKDOWN
        try:
            principal = await door.principal(session, client)
            found = await container().conversations.show(principal, conversation_id)
        except FAILURES as error:
            problem = describe(error, instance=request.url.path)
            return Response(problem.model_dump_json(), problem.status, media_type=MEDIA_TYPE)
        headers = {"Content-Disposition": disposition(filename(found, form), inline=False)}
        return Response(export(found, form), media_type=MEDIA_TYPES[form], headers=headers)
