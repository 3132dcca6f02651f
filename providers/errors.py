"""What a provider raises; the service turns these into problems a person can act on."""

from enum import StrEnum


class ProviderError(Exception):
    """A provider failed and trying again will not help."""


class TransientProviderError(ProviderError):
    """A provider failed in a way that may pass: a time-out, a lost connection, a busy server.

    `retry_after_s` is how long the provider asks to be left alone, in seconds, if it says so.
    """

    def __init__(self, *args: object, retry_after_s: float | None = None) -> None:
        super().__init__(*args)
        self.retry_after_s = retry_after_s


class ProviderTimeoutError(TransientProviderError):
    """A provider did not answer in time; waiting as long once more is seldom worth it."""


class ProviderAccessError(ProviderError):
    """A key, an address or a model's name is wrong: every call will fail until it is mended."""


class ProviderNotFoundError(ProviderError):
    """No installed plugin has the configured name."""


class ModelMissingError(ProviderError):
    """A local model folder is missing or incomplete; the message says how to make it."""


class StoreLockedError(ProviderError):
    """An embedded store is open in another process."""


class StorageFullError(ProviderError):
    """The disk or bucket has no room left."""


class ObjectNotFoundError(ProviderError):
    """No object has that key."""


class ObjectAlreadyThereError(ProviderError):
    """An object that is never overwritten has that key already."""


class QueryTrouble(StrEnum):
    """Why a database did not answer a statement."""

    TIMEOUT = "timeout"
    BIND = "bind"
    COST = "cost"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    FAILED = "failed"


class QueryError(ProviderError):
    """A statement was not answered; the message is the database's and safe to show.

    `kind` says why in one word: it took too long, a name or type does not fit, the planner
    expects too much work, the database is not there or full, it refused the statement, or the
    statement failed on the data (a division by zero).
    """

    def __init__(self, message: str, *, kind: QueryTrouble = QueryTrouble.FAILED) -> None:
        super().__init__(message)
        self.kind = kind


class QuarantineReason(StrEnum):
    """Why a document cannot be used; the list is fixed so that people can filter by it."""

    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    NO_TEXT = "no_text"
    LITTLE_TEXT = "little_text"
    GARBLED = "garbled"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNSUPPORTED = "unsupported"
    LICENCE_EXCLUDED = "licence_excluded"
    TIMEOUT = "timeout"


RELEASABLE = frozenset({QuarantineReason.LITTLE_TEXT, QuarantineReason.GARBLED})
"""Reasons that are a guess: a person who has looked may take the document in all the same."""


class UnreadableDocumentError(ProviderError):
    """A document cannot be used; `reason` says why in one word, the message in a sentence."""

    def __init__(self, reason: QuarantineReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PushRefusal(StrEnum):
    """Why a delivery of a partner is refused."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    OLD_TIMESTAMP = "old_timestamp"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    TOO_LARGE = "too_large"


class PushRefusedError(ProviderError):
    """A delivery is not from a partner, comes too late, or comes a second time."""

    def __init__(self, message: str, *, reason: PushRefusal = PushRefusal.BAD_SIGNATURE) -> None:
        super().__init__(message)
        self.reason = reason
