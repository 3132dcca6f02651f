"""What the service refuses; each error is a problem with a stable slug and a way out."""


class ServiceError(Exception):
    """A request that cannot be served; `type` is the problem's slug, `status` its HTTP status."""

    type = "service-error"
    status = 500
    title = "The service could not do that"


class SettingsError(ServiceError):
    """The configuration is wrong; the message names each key and the fix."""

    type = "settings-invalid"
    status = 500
    title = "The configuration is wrong"


class DocumentNotFoundError(ServiceError):
    """The tenant has no such document."""

    type = "document-not-found"
    status = 404
    title = "No such document"


class JobNotFoundError(ServiceError):
    """The tenant has no such job."""

    type = "job-not-found"
    status = 404
    title = "No such job"


class JobNotRetriableError(ServiceError):
    """Only a job that failed or was cancelled can be tried again."""

    type = "job-not-retriable"
    status = 409
    title = "That job cannot be tried again"


class JobKindError(ServiceError):
    """A job is of a kind that this process knows no handler for."""

    type = "job-kind-unknown"
    status = 500
    title = "No handler does such jobs"


class KeyNotFoundError(ServiceError):
    """The tenant has no such API key."""

    type = "key-not-found"
    status = 404
    title = "No such API key"


class ContentUnavailableError(ServiceError):
    """The original of a document was not kept."""

    type = "content-unavailable"
    status = 404
    title = "The original was not kept"


class UploadRefusedError(ServiceError):
    """An upload holds nothing that can be ingested."""

    type = "upload-refused"
    status = 422
    title = "The upload was refused"


class CapabilityDisabledError(ServiceError):
    """A request needs a capability that the settings switch off."""

    type = "capability-disabled"
    status = 503
    title = "That capability is switched off"


class HomeInUseError(ServiceError):
    """Another process owns the home folder."""

    type = "home-in-use"
    status = 503
    title = "Another process owns the home folder"


class ForbiddenError(ServiceError):
    """The principal's role does not allow the request."""

    type = "forbidden"
    status = 403
    title = "Not allowed"
