"""Suites on the command line, and the four regressions that the gate must catch."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.suites.checks import active_prompts
from evals.suites.results import load_result
from graphs.ingest.chunking import cut
from graphs.query.fusion import fuse
from prompts.catalogue import Catalogue
from prompts.compiled import InputPart
from prompts.rendering import Prompt
from providers.guardrail.rules import RulesGuardrail

pytestmark = pytest.mark.xdist_group("suites")  # which share an index and an accepted result
Cli = Callable[..., Any]
PARTS = {
    "kettle": ("Descale the kettle every 60 days.", "The kettle draws 2200 watts."),
    "oven": ("Wipe the oven door with soapy water.", "The niche of the oven is 595 mm high."),
    "mixer": ("The mixer kneads dough for 8 minutes.", "The bowl of the mixer holds 5 litres."),
    "fridge": ("Defrost the fridge twice a year.", "The fridge hums at 38 decibels."),
    "hob": ("Clean the hob with a scraper.", "The hob locks its keys after 10 seconds."),
    "grill": ("Season the grill with rapeseed oil.", "The grill reaches 250 degrees."),
}
"""Documents: what stands under their two headings."""
ASKED = {
    "kettle": ("How often must I descale the kettle?", "How many watts does the kettle draw?"),
    "oven": ("How do I wipe the oven door?", "How high is the niche of the oven?"),
    "mixer": ("How long does the mixer knead dough?", "What does the bowl of the mixer hold?"),
    "fridge": ("How often do I defrost the fridge?", "How loud does the fridge hum in decibels?"),
    "hob": ("How do I clean the hob?", "When does the hob lock its keys?"),
    "grill": ("Which oil to season the grill?", "How many degrees does the grill reach?"),
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six documents, and golden questions beside it."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "manuals").mkdir()
    rows: list[dict[str, Any]] = [
        {"id": "none", "question": "Who won the football match?", "answerable": False}
    ]
    for name, parts in PARTS.items():
        text = f"# The {name}\n\n## Care\n\n{parts[0]}\n\n## Data\n\n{parts[1]}\n"
        (folder / "manuals" / f"{name}.md").write_text(text)
        rows += [
            {"id": f"{name}-{n}", "question": q, "answer": parts[n], "document": f"{name}.md"}
            for n, q in enumerate(ASKED[name])
        ]
    (folder / "golden.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture
def run(cli: Cli, sources: Path, tmp_path: Path) -> Callable[..., Any]:
    """Run the full suite over the documents."""
    kept = sources / "kept"

    def start(*options: Any, fresh: bool = False) -> Any:
        given = ["--manuals", sources / "manuals", "--golden", sources / "golden.jsonl"]
        where = [] if fresh else ["--index-dir", kept]
        return cli("eval", "run", "full", *given, *where, *options, "--json")

    return start


@pytest.fixture
def accepted(run: Callable[..., Any], cli: Cli, sources: Path, home: Path) -> Path:
    """A folder with the accepted result of the service as it should be."""
    folder = sources / "accepted"
    if not folder.exists():
        assert run().code == 0
        (result,) = (home / "evals" / "results").glob("*.json")
        assert cli("eval", "accept", result, "--accepted", folder).code == 0
    return folder


def test_a_run_reports_every_family_of_metrics(run: Callable[..., Any], home: Path) -> None:
    report = run("--html", home.parent / "report.html").json()
    assert {name.split(".")[0] for name in report["metrics"]} == {
        "retrieval",
        "answers",
        "prompts",
        "guards",
    }
    assert report["metrics"]["retrieval.hit_rate@5"] == 1.0
    assert report["metrics"]["answers.right_decision"] >= 0.9
    assert report["models"] == {"embedder": "hashing", "chat_model": "extractive"}
    assert report["prompts"]["synthesize"].startswith("v")
    page = (home.parent / "report.html").read_text()
    assert "<svg" in page and "http://www.w3.org" in page
    assert "src=" not in page and "<script" not in page, "one file, nothing from elsewhere"
    (kept,) = (home / "evals" / "results").glob("full-*.json")
    assert len(load_result(kept).trace) == 13


def test_the_service_as_it_should_be_passes(run: Callable[..., Any], accepted: Path) -> None:
    result = run("--gate", "--accepted", accepted)
    assert (result.code, result.json()["gate"]["passed"]) == (0, True), result.err


def test_without_an_accepted_result_the_gate_says_what_to_do(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    result = run("--gate", "--accepted", tmp_path)
    assert result.code == 4
    assert "cicerone eval accept" in result.err


def break_retriever(patch: pytest.MonkeyPatch) -> None:
    def backwards(candidates: Any, settings: Any, *, language: str) -> Sequence[Any]:
        return fuse(candidates, settings, language=language)[:][::-1]

    patch.setattr("graphs.query.finding.fuse", backwards)


def break_prompt(patch: pytest.MonkeyPatch) -> None:
    good = Catalogue.load().get("synthesize").compiled

    def without_passages(message: Any) -> Any:
        parts = [p for p in message.parts if not isinstance(p, InputPart) or p.input != "passages"]
        return message.model_copy(update={"parts": tuple(parts)})

    variants = tuple(
        each.model_copy(update={"messages": tuple(map(without_passages, each.messages))})
        for each in good.variants
    )
    broken = Prompt(good.model_copy(update={"variants": variants}))
    patch.setattr(
        "cli.suites.active_prompts", lambda found: {**active_prompts(found), "synthesize": broken}
    )


def break_chunker(patch: pytest.MonkeyPatch) -> None:
    def forgetful(*arguments: Any) -> Any:
        return [chunk for chunk in cut(*arguments) if "Data" not in chunk.heading_path]

    patch.setattr("graphs.ingest.preparing.cut", forgetful)


def break_guard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RulesGuardrail, "_inspect", lambda self, text, stage: iter(()))


@pytest.mark.parametrize(
    ("plant", "family"),
    [
        (break_retriever, "retrieval"),
        (break_prompt, "prompts"),
        (break_chunker, "answers"),
        (break_guard, "guards"),
    ],
)
def test_a_planted_regression_is_caught(
    run: Callable[..., Any],
    accepted: Path,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    family: str,
) -> None:
    plant(monkeypatch)
    result = run("--gate", "--accepted", accepted, fresh=plant is break_chunker)
    assert result.code == 1
    lines = result.json()["gate"]["lines"]
    assert family in {x["metric"].split(".")[0] for x in lines if x["ruling"] == "regressed"}


def test_two_results_are_compared(cli: Cli, accepted: Path, tmp_path: Path, home: Path) -> None:
    (path,) = accepted.glob("*.json")
    good = load_result(path)
    worse = good.scores | {"retrieval.mrr@10": dict.fromkeys(good.scores["retrieval.mrr@10"], 0.1)}
    other = good.model_copy(update={"scores": worse}).save(tmp_path / "worse.json")
    assert cli("eval", "compare", path, path).code == 0
    result = cli("eval", "compare", path, other)
    assert result.code == 1
    assert "failed: 1 metrics regressed" in result.out
    assert cli("eval", "compare", path, tmp_path / "none.json").code == 4
    (tmp_path / "odd.json").write_text('{"suite": "full"}')
    assert "is no result of a suite" in cli("eval", "compare", path, tmp_path / "odd.json").err


def test_golden_rows_without_an_answer_are_refused(cli: Cli, tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"id": "1", "question": "How?"}')
    result = cli("eval", "run", "quick", "--golden", golden)
    assert result.code == 2
    assert "needs an answer" in result.err and "line 1" in result.err


def test_settings_are_tuned_and_written_only_when_proved(
    cli: Cli, sources: Path, tmp_path: Path
) -> None:
    given = ["--manuals", sources / "manuals", "--golden", sources / "golden.jsonl"]
    output = tmp_path / "tuned.yaml"
    options = ["--trials", "3", "--chunks", "224", "--output", output, "--json"]
    result = cli("eval", "tune", *given, *options, "--index-dir", sources / "kept")
    assert result.code == 0, result.err
    report = result.json()
    assert (report["tuned_on"], report["held_out"]) == (8, 4)
    assert output.exists() is report["recommended"]
    assert cli("eval", "tune", *given, "--chunks", "big").code == 2


def test_embedders_are_judged_and_their_drift_is_seen(cli: Cli, tmp_path: Path) -> None:
    kept = tmp_path / "vectors.npy"
    first = cli("eval", "embeddings", "--save", kept, "--json")
    report = first.json()
    assert first.code == 1, "words of two languages share no vectors"
    assert report["decision"].startswith("swap")
    assert (report["not_finite"], report["not_normal"]) == (0, 0)
    again = cli("eval", "embeddings", "--before", kept, "--json").json()
    assert again["drift"] == {
        "texts": 50,
        "mean_cosine": pytest.approx(1.0),
        "least_cosine": pytest.approx(1.0),
        "may_mix": True,
    }
    assert "roles.judge" in cli("eval", "judge").err


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_weights_are_compared_side_by_side(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CICERONE_EMBEDDER__PLUGIN")
    (tmp_path / "qrels").mkdir()
    corpus = [{"_id": name, "text": " ".join(parts)} for name, parts in PARTS.items()]
    queries = [{"_id": name, "text": asked[0]} for name, asked in ASKED.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    lines = "".join(f"{name}\t{name}\t1\n" for name in PARTS)
    (tmp_path / "qrels" / "test.tsv").write_text(lines)
    report = cli("eval", "weights", "--beir", tmp_path, "--json").json()
    assert set(report["weights"]) == {"float32", "int8"}
    assert report["weights"]["int8"]["query_ms"] > 0
    assert (report["lost"], report["recommended"]) == (0.0, "int8")
