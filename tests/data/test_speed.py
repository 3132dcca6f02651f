import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from data.database import Database
from providers.principal import Principal

RUNS = 200


async def p50_ms(call: Callable[[], Awaitable[Any]]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        await call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


async def test_fifty_chunks_are_looked_up_in_milliseconds(
    database: Database, library: Any, alice: Principal, record_property: Callable[..., None]
) -> None:
    """`pytest tests/data/test_speed.py -s` prints the figures; the limit only finds disasters."""
    ids: list[str] = []
    for number in range(20):
        texts = [f"{number} {part} " + "lorem ipsum " * 100 for part in range(50)]
        stored = await library.store(alice, f"{number}.pdf", sha256=f"{number:064}", texts=texts)
        ids += stored.chunk_ids
    wanted = ids[::20]
    assert len(wanted) == 50

    async def whole() -> None:
        async with database.begin(alice, read_only=True) as tx:
            await tx.chunks.live(wanted)

    transaction = await p50_ms(whole)
    async with database.begin(alice, read_only=True) as tx:
        assert len(await tx.chunks.live(wanted)) == 50
        statement = await p50_ms(lambda: tx.chunks.live(wanted))
    record_property("statement_ms", statement)
    record_property("transaction_ms", transaction)
    print(f"\n{database.dialect}: {statement:.2f} ms, with its transaction {transaction:.2f} ms")  # noqa: T201
    assert statement < 25
