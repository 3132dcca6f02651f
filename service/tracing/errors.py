"""What can go wrong with traces, for those who ask for them."""

from service.errors import ServiceError


class TraceStoreError(ServiceError):
    """The trace store cannot be used."""

    type = "trace-store-unavailable"
    status = 503
    title = "The trace store cannot be used"


class TraceNotFoundError(ServiceError):
    """There is no such trace of the tenant, or it is no longer kept."""

    type = "trace-not-found"
    status = 404
    title = "No such trace"


class NotReplayableError(ServiceError):
    """The trace holds nothing that can be run again."""

    type = "trace-not-replayable"
    status = 409
    title = "That trace cannot be run again"
