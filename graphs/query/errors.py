"""What the query graph refuses or cannot do, beside `graphs.errors`."""

from graphs.errors import GraphError


class SearchUnavailableError(GraphError):
    """No branch of retrieval works, so nothing can be found."""

    type = "search-unavailable"
    status = 503
    title = "Search is not available"


class AnswerUnavailableError(GraphError):
    """No chat model could be reached and no fallback is configured."""

    type = "answer-unavailable"
    status = 503
    title = "No chat model is available"
