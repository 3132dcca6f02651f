"""Addresses that need care: those that take files, and those that carry a secret."""

_UPLOADS = "/api/uploads/"
_SOURCES, _PUSH = "/api/sources/", "/push"


def takes_files(path: str) -> bool:
    """Tell whether partners send files there; they go to disk and have their own limits."""
    return path.startswith(_UPLOADS) or (path.startswith(_SOURCES) and path.endswith(_PUSH))


def shown(path: str) -> str:
    """Return the path as a log may hold it: who knows an upload's token could use it."""
    return f"{_UPLOADS}…" if path.startswith(_UPLOADS) else path
