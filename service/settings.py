"""The settings: `config.yaml`, then `CICERONE_SECTION__FIELD`, then the command line."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import platformdirs
import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from data.options import DatabaseOptions
from graphs.agent.settings import AgentSettings
from graphs.gateway.settings import DeploymentSettings, GatewaySettings, RoleSettings
from graphs.ingest.settings import IngestSettings
from graphs.models import Role
from graphs.query.caching.settings import CacheSettings
from graphs.query.guarding.settings import GuardSettings
from graphs.query.settings import QuerySettings
from graphs.text_to_sql.settings import SqlSettings
from service.errors import SettingsError
from service.feedback.settings import FeedbackSettings
from service.metrics.settings import MetricsSettings, SloSettings
from service.prompting import PromptSettings
from service.tracing.settings import TracingSettings
from service.upkeep.settings import (
    AuditSettings,
    DocumentSettings,
    IndexSettings,
    ScheduleSettings,
    StorageSettings,
)

ENV_PREFIX = "CICERONE_"
_DATABASE = DatabaseOptions()
CONFIG_VARIABLE = "CICERONE_CONFIG"


class Section(BaseModel):
    """A part of the settings: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PluginSettings(Section):
    """Which plugin serves a capability; `enabled: false` switches the capability off."""

    plugin: str
    enabled: bool = True
    options: dict[str, Any] = Field(default_factory=dict)


class LogSettings(Section):
    """How the service logs; `auto` is JSON in production and readable on a terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class RateLimitSettings(Section):
    """How much one caller may ask; in the notation of the `limits` library."""

    enabled: bool = True
    requests: str = "600/minute"
    questions: str = "120/minute"
    uploads: str = "60/minute"
    storage: str = "async+memory://"

    @field_validator("requests", "questions", "uploads")
    @classmethod
    def _parses(cls, value: str) -> str:
        from limits import parse  # noqa: PLC0415 - only the server needs it

        try:
            parse(value)
        except ValueError as error:
            raise ValueError(f"{value!r} is not a rate such as '120/minute'") from error
        return value


class ServerSettings(Section):
    """Where and how the HTTP server listens; sizes in MiB (2**20 bytes)."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    max_upload_mb: int = Field(default=100, ge=1)
    max_body_kb: int = Field(default=1024, ge=1)
    rate_limit: RateLimitSettings = RateLimitSettings()


class JwtSettings(Section):
    """Bearer tokens of an identity provider; give its keys as a file or as a URL."""

    issuer: str
    audience: str
    jwks_file: Path | None = None
    jwks_url: str | None = None
    algorithms: tuple[Literal["RS256", "ES256", "EdDSA"], ...] = ("RS256", "ES256", "EdDSA")
    leeway_s: int = Field(default=30, ge=0, le=300)
    tenant_claim: str = "tenant_id"
    roles_claim: str = "roles"
    attributes: dict[str, str] = {"audience": "audience"}
    """Which claim fills which attribute of a principal."""


class AuthSettings(Section):
    """Who may ask; API keys live in the database, `cicerone keys create` makes one."""

    jwt: JwtSettings | None = None


class ConsoleSettings(Section):
    """The web pages."""

    enabled: bool = True


class McpSettings(Section):
    """The tools over MCP; without a choice they are there once the package `mcp` is installed."""

    enabled: bool | None = None


class DatabaseSettings(Section):
    """Where rows live; without a URL, SQLite in the home folder. The bounds are a server's."""

    url: SecretStr | None = None
    pool_size: int = Field(default=_DATABASE.pool_size, ge=1, le=1_000)
    max_overflow: int = Field(default=_DATABASE.max_overflow, ge=0, le=1_000)
    pool_timeout_s: float = Field(default=_DATABASE.pool_timeout_s, gt=0)
    recycle_s: int = Field(default=_DATABASE.recycle_s, ge=1)
    connect_timeout_s: int = Field(default=_DATABASE.connect_timeout_s, ge=1)
    statement_timeout_s: float = Field(default=_DATABASE.statement_timeout_s, gt=0)
    lock_timeout_s: float = Field(default=_DATABASE.lock_timeout_s, gt=0)
    idle_timeout_s: float = Field(default=_DATABASE.idle_timeout_s, gt=0)

    @property
    def options(self) -> DatabaseOptions:
        """The bounds, as the database takes them."""
        return DatabaseOptions(**self.model_dump(exclude={"url"}))


class ConversationSettings(Section):
    """How much of a conversation later questions are read with, in tokens (estimated).

    When the messages that no summary covers have more than `max_tokens`, all but the last ones
    are summarised, in at most `summary_tokens`.
    """

    max_tokens: int = Field(default=2000, ge=200)
    summary_tokens: int = Field(default=400, ge=50)


class CelerySettings(Section):
    """How jobs are spread over worker processes; times in seconds.

    `queue_prefix` begins the names of the queues. `prefetch` is how many messages a process
    holds, with the one that it works at. At most `max_in_flight` documents of one job are in
    queues and with workers, and no new one is sent while `max_queue_length` wait in any queue.
    A document's task is killed after `task_time_limit_s`; the broker delivers what was not
    acknowledged again after `visibility_timeout_s`. `shared_folder` says that the folder of the
    object store is one that the server and all workers share.
    """

    broker_url: SecretStr | None = None
    queue_prefix: str = Field(default="cicerone", pattern=r"^[A-Za-z0-9_-]{1,60}$")
    prefetch: int = Field(default=1, ge=1, le=100)
    max_in_flight: int = Field(default=32, ge=1)
    max_queue_length: int = Field(default=500, ge=1)
    task_time_limit_s: int = Field(default=900, ge=1)
    visibility_timeout_s: int = Field(default=3600, ge=1)
    shared_folder: bool = False

    @model_validator(mode="after")
    def _delivers_after_the_limit(self) -> Self:
        if self.visibility_timeout_s <= self.task_time_limit_s:
            raise ValueError(
                "visibility_timeout_s must exceed task_time_limit_s, or work is delivered twice"
            )
        return self


class JobSettings(Section):
    """How background work runs; times in seconds.

    `concurrency` is documents at a time within one job, `parallel` jobs at a time: by default two,
    so that an upload does not wait for a long crawl. A job that fails for a reason that may
    pass is tried `max_attempts` times, after waits that double from `retry_base_s` to
    `retry_max_s`. A running one shows a sign of life every
    `heartbeat_s`; after `stale_after_s` without one it is taken from its worker. Every
    `sweep_s` the table is looked through. A process that is told to end gives its jobs
    `drain_timeout_s` to come to a safe place. The runner `inline` works in the server, `celery`
    in processes of `cicerone worker`.
    """

    runner: Literal["inline", "celery"] = "inline"
    celery: CelerySettings = CelerySettings()
    concurrency: int = Field(default=4, ge=1, le=32)
    parallel: int = Field(default=2, ge=1, le=32)
    max_attempts: int = Field(default=5, ge=1, le=100)
    retry_base_s: float = Field(default=10.0, ge=0)
    retry_max_s: float = Field(default=300.0, ge=0)
    heartbeat_s: float = Field(default=5.0, gt=0)
    stale_after_s: float = Field(default=60.0, gt=0)
    sweep_s: float = Field(default=5.0, gt=0)
    drain_timeout_s: float = Field(default=15.0, ge=0)

    @model_validator(mode="after")
    def _beats_in_time(self) -> "JobSettings":
        if self.stale_after_s < 3 * self.heartbeat_s:
            raise ValueError("stale_after_s must be at least three times heartbeat_s")
        return self


def _plugin(name: str, **options: Any) -> PluginSettings:
    return PluginSettings(plugin=name, options=options)


def _named(field: FieldInfo | None, value: Any) -> Any:
    default = field.default if field is not None else None
    if isinstance(default, PluginSettings) and isinstance(value, Mapping):
        return {"plugin": default.plugin, **value}
    return value


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: Path = Path(".cicerone")
    models_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("cicerone")) / "models"
    )
    environment: Literal["development", "production"] = "development"
    log: LogSettings = LogSettings()
    server: ServerSettings = ServerSettings()
    auth: AuthSettings = AuthSettings()
    console: ConsoleSettings = ConsoleSettings()
    mcp: McpSettings = McpSettings()
    database: DatabaseSettings = DatabaseSettings()
    jobs: JobSettings = JobSettings()
    documents: DocumentSettings = DocumentSettings()
    storage: StorageSettings = StorageSettings()
    indexes: IndexSettings = IndexSettings()
    audit: AuditSettings = AuditSettings()
    schedules: ScheduleSettings = ScheduleSettings()
    ingest: IngestSettings = IngestSettings()
    query: QuerySettings = QuerySettings()
    sql: SqlSettings = SqlSettings()
    agent: AgentSettings = AgentSettings()
    prompts: PromptSettings = PromptSettings()
    models: dict[str, DeploymentSettings] = Field(default_factory=dict)
    roles: dict[Role, RoleSettings] = Field(default_factory=dict)
    gateway: GatewaySettings = GatewaySettings()
    conversations: ConversationSettings = ConversationSettings()
    guards: GuardSettings = GuardSettings()
    tracing: TracingSettings = TracingSettings()
    metrics: MetricsSettings = MetricsSettings()
    slo: SloSettings = SloSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    chat_model: PluginSettings = _plugin("extractive")
    embedder: PluginSettings = _plugin("fastembed")
    sparse_encoder: PluginSettings = _plugin("bm25")
    reranker: PluginSettings = _plugin("late_interaction")
    vector_store: PluginSettings = _plugin("qdrant_edge")
    parser: PluginSettings = _plugin("kreuzberg")
    object_store: PluginSettings = _plugin("obstore")
    cache: PluginSettings = _plugin("memory")
    caches: CacheSettings = CacheSettings()

    @model_validator(mode="before")
    @classmethod
    def _keep_default_plugins(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Let a section say one thing, such as `enabled: false`, without naming its plugin."""
        return {name: _named(cls.model_fields.get(name), value) for name, value in given.items()}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: what the caller passes, the environment, the file."""
        config = InitSettingsSource(settings_cls, init_kwargs=_read_config())
        return init_settings, env_settings, config

    @property
    def database_url(self) -> str:
        """The URL of the database, SQLite in the home folder by default."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite+aiosqlite:///{(self.home / 'cicerone.db').absolute()}"


def load_settings(**overrides: Any) -> Settings:
    """Read and validate the settings.

    Raises:
        SettingsError: naming every wrong key and how to mend it.
    """
    unknown = _unknown_variables(os.environ)
    if unknown:
        raise SettingsError("; ".join(unknown))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(item) for item in error.errors())) from error


def _read_config() -> dict[str, Any]:
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named or "config.yaml")
    if not path.is_file():
        if named:
            raise SettingsError(f"{CONFIG_VARIABLE} names {named}, which is not a file")
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid YAML: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise SettingsError(f"{path} must hold sections such as 'server:', not a bare value")
    return dict(found)


def _unknown_variables(environ: Mapping[str, str]) -> Iterable[str]:
    """Say which CICERONE_ variables name no setting; pydantic-settings would ignore them."""
    known = set(Settings.model_fields)
    return [
        f"{name}: no such setting{_suggest(section, known)}"
        for name in environ
        if name.startswith(ENV_PREFIX) and name != CONFIG_VARIABLE
        for section in [name.removeprefix(ENV_PREFIX).split("__")[0].lower()]
        if section not in known
    ]


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _explain(item: Any) -> str:
    location = [str(part) for part in item["loc"]]
    key = ".".join(location)
    if item["type"] == "extra_forbidden":
        known = _fields_at(location[:-1])
        return f"{key}: no such setting{_suggest(location[-1], known)} (known: {', '.join(known)})"
    return f"{key}: {item['msg']} (got {item['input']!r})"


def _fields_at(location: list[str]) -> list[str]:
    model: Any = Settings
    for part in location:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return sorted(getattr(model, "model_fields", {}))
