"""Refuses to spread jobs over processes while something belongs to one process alone."""

from collections.abc import Iterator
from typing import Final

from service.errors import SettingsError
from service.settings import PluginSettings, Settings

_SHARED_STORES: Final = ("qdrant", "pgvector")


def require_shared(settings: Settings) -> None:
    """Check that server and workers can share everything they write.

    Raises:
        SettingsError: naming every setting to change.
    """
    wrong = list(_wrong(settings))
    if wrong:
        raise SettingsError(f"jobs.runner is celery, so {'; '.join(wrong)}")


def _wrong(settings: Settings) -> Iterator[str]:
    if settings.jobs.celery.broker_url is None:
        yield "jobs.celery.broker_url: set it to redis://… or amqp://…"
    if not settings.database_url.startswith("postgresql"):
        yield "database.url: SQLite belongs to one process; set it to postgresql+psycopg://…"
    if _is_embedded(settings.vector_store):
        yield (
            "vector_store: the index would belong to one process; set vector_store.plugin to "
            "qdrant with vector_store.options.url, or to pgvector"
        )
    if not settings.object_store.enabled:
        yield "object_store.enabled: workers hand documents on through it; set true"
    elif "url" not in settings.object_store.options and not settings.jobs.celery.shared_folder:
        yield (
            "object_store.options.url: set it to s3://…, or set jobs.celery.shared_folder to "
            "true when object_store.options.data_dir is a folder that all workers mount"
        )


def _is_embedded(store: PluginSettings) -> bool:
    if store.plugin not in _SHARED_STORES:
        return True
    return store.plugin == "qdrant" and "url" not in store.options
