from contextlib import aclosing
from typing import Any

from graphs.ingest.batch import ingest_all
from graphs.ingest.state import IngestInput


def files(**contents: str) -> list[IngestInput]:
    return [
        IngestInput(source=name.replace("_", "."), collection="default", data=text.encode())
        for name, text in contents.items()
    ]


async def run(bench: Any, inputs: list[IngestInput], concurrency: int = 4) -> dict[str, Any]:
    return {
        event["source"]: event
        async for event in ingest_all(bench.graph, bench.principal, inputs, concurrency)
        if event["type"] == "document.finished"
    }


async def test_each_file_is_reported_once_and_a_bad_one_stops_no_other(bench: Any) -> None:
    inputs = files(a_md="# A\n\nOne.", b_md="", c_md="%PDF-1.7", d_md="# D\n\nTwo.")

    outcomes = await run(bench, inputs)

    assert {source: event["status"] for source, event in outcomes.items()} == {
        "a.md": "indexed",
        "b.md": "quarantined",
        "c.md": "quarantined",
        "d.md": "indexed",
    }


async def test_equal_files_are_indexed_once_and_the_first_wins(bench: Any) -> None:
    inputs = files(**{f"f{n}_md": "# Same\n\nWords." for n in range(6)})

    outcomes = await run(bench, inputs)

    assert [outcomes[f"f{n}.md"]["status"] for n in range(6)] == ["indexed", *["duplicate"] * 5]
    assert len(await bench.vector_ids()) == 1


async def test_one_source_twice_ends_with_the_later_content(bench: Any) -> None:
    inputs = [*files(a_md="# A\n\nOld words."), *files(a_md="# A\n\nNew words.")]

    events = [e async for e in ingest_all(bench.graph, bench.principal, inputs)]

    versions = [e["version"] for e in events if e["type"] == "document.finished"]
    assert versions == [1, 2]
    assert await bench.find("words") == ["# A\n\nNew words."]


async def test_closing_the_iterator_stops_the_work(bench: Any) -> None:
    inputs = files(**{f"f{n}_md": f"# File {n}\n\nWords." for n in range(50)})

    async with aclosing(ingest_all(bench.graph, bench.principal, inputs, 1)) as events:
        async for event in events:
            if event["type"] == "document.finished":
                break

    assert len(await bench.vector_ids()) < 50


async def test_nothing_to_do(bench: Any) -> None:
    assert await run(bench, []) == {}
