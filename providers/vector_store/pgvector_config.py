"""Options of the `pgvector` store."""

from typing import Self

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_SQLALCHEMY = "postgresql+psycopg://"
_PLAIN = "postgresql://"


class PgvectorConfig(BaseModel):
    """Options of the `pgvector` store.

    `url` names the server and database, `postgresql://user@host/name`; it may be the one that
    holds the rows. `schema_name` is where the tables lie; it is made when absent.

    `pool_min` and `pool_max` bound the connections of this process; `pool_timeout_s` is how
    long a call waits for one, `connect_timeout_s` how long one may take to open,
    `statement_timeout_s` how long a statement may run.

    `graph_from` is the number of points from which `optimize` builds a graph; below it every
    vector is compared. `m` and `ef_construction` shape a graph that is built from then on:
    more of each finds more and costs memory and time. `ef_search` is how many candidates a
    search keeps, `max_scan_tuples` how many points it visits at most before it compares all
    that pass the filter. `build_memory_mib` is what building may use on the server.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr
    schema_name: str = Field(default="cicerone_vectors", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    pool_min: int = Field(default=1, ge=0)
    pool_max: int = Field(default=10, ge=1)
    pool_timeout_s: float = Field(default=5.0, gt=0)
    connect_timeout_s: int = Field(default=5, ge=1)
    statement_timeout_s: float = Field(default=30.0, gt=0)
    graph_from: int = Field(default=5_000, ge=1)
    m: int = Field(default=16, ge=2, le=100)
    ef_construction: int = Field(default=100, ge=4, le=1_000)
    ef_search: int = Field(default=200, ge=1, le=1_000)
    max_scan_tuples: int = Field(default=20_000, ge=1)
    build_memory_mib: int = Field(default=256, ge=1)

    @field_validator("url")
    @classmethod
    def _readable(cls, value: SecretStr) -> SecretStr:
        # The messages name no part of the URL: it may hold a password.
        url = value.get_secret_value().replace(_SQLALCHEMY, _PLAIN, 1)
        if not url.startswith((_PLAIN, "postgres://")):
            raise ValueError("write postgresql://user@host/name")
        try:
            conninfo_to_dict(url)
        except ProgrammingError as error:
            raise ValueError("it cannot be read; write postgresql://user@host/name") from error
        return SecretStr(url)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.pool_min > self.pool_max:
            raise ValueError("pool_min is larger than pool_max")
        if self.ef_construction < 2 * self.m:
            raise ValueError("ef_construction must be at least twice m")
        return self
