"""The address that clients of the Model Context Protocol send their messages to."""

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.dependencies import Visitor
from api.mcp.face import McpFace

MCP_HEADERS: Final = ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")
"""What a client in a browser sends beside the usual headers."""
router = APIRouter(tags=["mcp"])


class Handover(Response):
    """Lets another application answer the request."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        await self._app(scope, receive, send)


# The protocol describes itself, in JSON-RPC, which an OpenAPI document cannot.
@router.post("/mcp", include_in_schema=False)
async def receive_message(request: Request, principal: Visitor) -> Response:
    """Take one message; whose it is says the credential, and nothing in the message."""
    request.state.principal = principal
    face: McpFace = request.app.state.mcp
    return Handover(await face.app())
