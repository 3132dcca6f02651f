"""How a database server is used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseOptions:
    """Bounds of connections and statements on PostgreSQL; a SQLite file needs none of them.

    `pool_size` connections stay open, `max_overflow` more open when needed; a transaction
    waits `pool_timeout_s` for one. A connection is replaced after `recycle_s`, and may take
    `connect_timeout_s` to open. The server ends a statement after `statement_timeout_s`, waits
    `lock_timeout_s` for a lock, and ends a transaction that does nothing for `idle_timeout_s`.
    """

    pool_size: int = 10
    max_overflow: int = 10
    pool_timeout_s: float = 30.0
    recycle_s: int = 1_800
    connect_timeout_s: int = 5
    statement_timeout_s: float = 60.0
    lock_timeout_s: float = 10.0
    idle_timeout_s: float = 60.0

    @property
    def session(self) -> str:
        """What libpq sends the server when a connection opens."""
        limits = {
            "statement_timeout": self.statement_timeout_s,
            "lock_timeout": self.lock_timeout_s,
            "idle_in_transaction_session_timeout": self.idle_timeout_s,
        }
        times = [f"-c {name}={seconds * 1000:.0f}ms" for name, seconds in limits.items()]
        return " ".join(["-c timezone=UTC", *times])
