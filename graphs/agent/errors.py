"""What the agent's tools may say when they cannot be called."""

from graphs.errors import GraphError


class ToolFailedError(GraphError):
    """A tool could not do its work; the message says why."""

    type = "tool-failed"
    status = 503
    title = "A tool failed"
