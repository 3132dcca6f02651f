"""What the service says of datasources."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from graphs.text_to_sql.policy import Policy
from providers.sql_types import Dialect
from service.schemas import Request, Shape

DatasourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Tenant = Annotated[str, Field(min_length=1, max_length=255)] | int


class NewDatasource(Request):
    """A database that questions may be answered from.

    `url` is `sqlite:///PATH` or `postgresql://USER@HOST:PORT/DATABASE`; it may be named as
    `env:NAME` or `file:PATH` of the server instead. A password in it is kept encrypted.
    """

    name: DatasourceName
    url: str = Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["sqlite:////srv/shop.sqlite"],
    )
    policy: Policy


class DatasourceRead(Shape):
    """A datasource; the URL is without its password, and without a policy in a list."""

    name: str
    dialect: Dialect
    url: str
    tables: list[str]
    created_by: str
    created_at: datetime
    policy: Policy | None = None


class DatasourceList(Shape):
    """All datasources, by name."""

    datasources: list[DatasourceRead]


class DatasourceCheck(Shape):
    """How a datasource fares; `clean` when it can be read and its login may do no more than that.

    `findings` are what the login may do and should not; `advice` is SQL that makes a better one.
    """

    name: str
    clean: bool
    status: Literal["ready", "unavailable", "invalid"]
    detail: str
    role: str = ""
    tables: list[str] = Field(default_factory=list)
    findings: list[str] = Field(default_factory=list)
    advice: str = ""


class Statement(Request):
    """A statement to judge; `dialect` is a dialect, or `both`."""

    id: str = Field(max_length=200)
    sql: str = Field(max_length=1_000_000)
    dialect: str | None = Field(default=None, max_length=40)


class GuardRequest(Request):
    """Statements to judge, none of which is run.

    `dialect` judges another dialect than the datasource's; statements of another are left out.
    `tenant` is compared with the tenant columns; without it, the caller's own.
    """

    statements: list[Statement] = Field(max_length=10_000)
    dialect: Dialect | None = None
    tenant: Tenant | None = None


class VerdictOf(Shape):
    """Whether a statement may run; `sql` is what would run in its place."""

    id: str
    verdict: Literal["allow", "reject"]
    rule: str
    message: str
    sql: str


class GuardReport(Shape):
    """The verdicts, in the order of the statements; times of one statement in milliseconds."""

    verdicts: list[VerdictOf]
    p50_ms: float
    p95_ms: float


class DatasourceRemoved(Shape):
    """A datasource that was removed."""

    name: str
