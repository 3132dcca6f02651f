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


class AnswerNotFoundError(ServiceError):
    """No such answer was given to the principal."""

    type = "answer-not-found"
    status = 404
    title = "No such answer of yours"


class CandidateNotFoundError(ServiceError):
    """The tenant has no such golden candidate."""

    type = "candidate-not-found"
    status = 404
    title = "No such candidate"


class CandidateUnusableError(ServiceError):
    """A candidate cannot become a golden row as it is."""

    type = "candidate-unusable"
    status = 422
    title = "The candidate needs an answer"


class KeyNotFoundError(ServiceError):
    """The tenant has no such API key."""

    type = "key-not-found"
    status = 404
    title = "No such API key"


class ExampleNotFoundError(ServiceError):
    """The tenant has no such verified question."""

    type = "example-not-found"
    status = 404
    title = "No such verified question"


class ExampleInvalidError(ServiceError):
    """A query cannot be approved: the guard or the database refuses it."""

    type = "example-invalid"
    status = 422
    title = "The query cannot be approved"


class SqlRunNotFoundError(ServiceError):
    """No run of the principal waits for a choice under that id."""

    type = "sql-run-not-found"
    status = 404
    title = "No such run"


class RunNotFoundError(ServiceError):
    """No run of that id waits for a choice of the caller."""

    type = "run-not-found"
    status = 404
    title = "No such run"


class BudgetNotFoundError(ServiceError):
    """The tenant has no such budget, or there is no such role."""

    type = "budget-not-found"
    status = 404
    title = "No such budget"


class LicenceNotFoundError(ServiceError):
    """The tenant has described no such licence."""

    type = "licence-not-found"
    status = 404
    title = "No such licence"


class ExclusionNotFoundError(ServiceError):
    """The tenant has no such exclusion."""

    type = "exclusion-not-found"
    status = 404
    title = "No such exclusion"


class SourceNotFoundError(ServiceError):
    """The tenant has no such source."""

    type = "source-not-found"
    status = 404
    title = "No such source"


class LicenceForbidsError(ServiceError):
    """The terms of a document do not allow what was asked."""

    type = "licence-forbids"
    status = 403
    title = "The licence does not allow it"


class NotReleasableError(ServiceError):
    """A file in quarantine cannot be used, whoever wants to."""

    type = "not-releasable"
    status = 409
    title = "The file cannot be released"


class SourceInvalidError(ServiceError):
    """A source cannot be set up like that; the message names the key and the fix."""

    type = "source-invalid"
    status = 422
    title = "The source is not valid"


class SourceExistsError(ServiceError):
    """The tenant has a source of that name already."""

    type = "source-exists"
    status = 409
    title = "There is such a source already"


class SourceBusyError(ServiceError):
    """A crawl of the source has not ended yet."""

    type = "source-busy"
    status = 409
    title = "The source is being crawled"


class SourceClosedError(ServiceError):
    """The source is switched off, or its crawl window is closed."""

    type = "source-closed"
    status = 409
    title = "The source is not to be crawled now"


class DeliveryInvalidError(ServiceError):
    """A partner's delivery is genuine, and nothing can be done with it."""

    type = "delivery-invalid"
    status = 422
    title = "The delivery cannot be used"


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


class DocumentNotDeletedError(ServiceError):
    """A document that should be restored or purged is not deleted."""

    type = "document-not-deleted"
    status = 409
    title = "The document is not deleted"


class IndexCheckError(ServiceError):
    """A new index did not pass its checks; the one before stays live."""

    type = "index-check-failed"
    status = 409
    title = "The new index is not good enough"


class NothingToRollBackError(ServiceError):
    """A collection has no earlier index that could come back."""

    type = "nothing-to-roll-back"
    status = 409
    title = "There is no earlier index"


class DatasourceNotFoundError(ServiceError):
    """The tenant has no such datasource."""

    type = "datasource-not-found"
    status = 404
    title = "No such datasource"


class DatasourceExistsError(ServiceError):
    """The tenant has a datasource of that name already."""

    type = "datasource-exists"
    status = 409
    title = "There is such a datasource already"


class DatasourceInvalidError(ServiceError):
    """A datasource cannot be used like that; the message names the key and the fix."""

    type = "datasource-invalid"
    status = 422
    title = "The datasource is not valid"


class ToolNotFoundError(ServiceError):
    """There is no tool of that name."""

    type = "tool-not-found"
    status = 404
    title = "No such tool"


class ToolArgumentsError(ServiceError):
    """The arguments of a tool are not those that its definition describes."""

    type = "tool-arguments-invalid"
    status = 422
    title = "The arguments are not valid"
