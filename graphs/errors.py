"""What a graph refuses; each error has a stable slug and a message a person can act on."""


class GraphError(Exception):
    """A run that cannot go on; `type` is the slug of the problem, `status` its HTTP status."""

    type = "run-failed"
    status = 500
    title = "The run failed"


class MissingPrincipalError(GraphError):
    """The run was started without a principal that the server made."""

    type = "missing-principal"
    status = 401
    title = "Who is asking is not known"


class QuestionEmptyError(GraphError):
    """The question has no characters that can be searched for."""

    type = "question-empty"
    status = 422
    title = "The question is empty"


class QuestionTooLongError(GraphError):
    """The question is longer than the configured limit."""

    type = "question-too-long"
    status = 422
    title = "The question is too long"


class CollectionNotFoundError(GraphError):
    """The tenant has no collection of that name."""

    type = "collection-not-found"
    status = 404
    title = "No such collection"


class ConversationNotFoundError(GraphError):
    """There is no such conversation, or it is somebody else's."""

    type = "conversation-not-found"
    status = 404
    title = "No such conversation"


class ArtifactMissingError(GraphError):
    """What an earlier step of a run left is gone; the run must start from its beginning."""

    type = "artifact-missing"
    status = 500
    title = "An intermediate result is gone"


class ContentChangedError(GraphError):
    """The file is no longer what it was when the run began."""

    type = "content-changed"
    status = 409
    title = "The file changed"


class BudgetExceededError(GraphError):
    """The money of the day is spent, and no cheaper model is set."""

    type = "budget-exceeded"
    status = 429
    title = "The budget is spent"
