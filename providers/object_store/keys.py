"""Which object keys are allowed: relative paths that stay below their prefix."""

from providers.errors import ProviderError

MAX_KEY_BYTES = 1024
"""The longest key that S3 takes."""
METADATA_PREFIX = ".metadata"
COLD_PREFIX = "cold"
"""Where a local folder keeps what was put into cold storage."""


def valid_key(key: str) -> str:
    """Return `key` when it is safe.

    Raises:
        ProviderError: it is empty, absolute, too long, climbs out with `..`, has empty parts,
            control characters or backslashes, or lies where the store keeps its own files.
    """
    parts = key.split("/")
    unsafe = (
        any(part in {"", ".", ".."} for part in parts)
        or "\\" in key
        or not key.isprintable()
        or len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES
        or parts[0] in {METADATA_PREFIX, COLD_PREFIX}
    )
    if unsafe:
        raise ProviderError(f"{key[:80]!r} cannot be the key of an object")
    return key
