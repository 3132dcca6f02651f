"""The evaluation commands, end to end over small sets and an embedder without a model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    """A judged corpus of three documents, two of them alike."""
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    corpus = [
        {"_id": "kettle", "title": "Kettle", "text": "Descale the kettle every 60 days."},
        {"_id": "oven 1", "title": "Oven", "text": "Wipe the oven door with soapy water."},
        {"_id": "oven 2", "title": "Oven", "text": "Wipe the oven door with soapy water."},
    ]
    queries = [
        {"_id": "q1", "text": "how often to descale the kettle"},
        {"_id": "q2", "text": "wipe the oven door"},
        {"_id": "unjudged", "text": "what is love"},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "qrels" / "dev.tsv").write_text("q1\tkettle\t1\nq2\toven 1\t1\nq2\toven 2\t1\n")
    return folder


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_retrieval_reports_the_agreed_figures(cli: Cli, beir: Path, home: Path, mode: str) -> None:
    arguments = ["eval", "retrieval", "--beir", beir, "--split", "dev", "--mode", mode]
    result = cli(*arguments, "--no-rerank", "--json")
    assert result.code == 0
    report = result.json()
    assert (report["queries"], report["documents"], report["mode"]) == (2, 3, mode)
    assert report["metrics"] == {"nDCG@10": 1.0, "R@100": 1.0, "RR@10": 1.0, "Success@5": 1.0}
    assert report["docs_per_s"] > 0
    assert 0 < report["query_ms"]["p50"] <= report["query_ms"]["p95"]
    assert report["degraded"] == []
    assert not (home / "vector_store").exists(), "the service's own home is left alone"


def test_rankings_are_written_as_a_run_of_trec(cli: Cli, beir: Path, tmp_path: Path) -> None:
    command = ["eval", "retrieval", "--beir", beir, "--split", "dev", "--run", tmp_path / "a.run"]
    refused = cli(*command)
    assert refused.code != 0
    assert "oven 1" in refused.err
    for name in ("corpus.jsonl", "qrels/dev.tsv"):
        (beir / name).write_text((beir / name).read_text().replace("oven ", "oven-"))
    assert cli(*command, "--json").code == 0
    lines = (tmp_path / "a.run").read_text().splitlines()
    assert lines[0].split()[:4] == ["q1", "Q0", "kettle", "1"]
    assert {line.split()[2] for line in lines} == {"kettle", "oven-1", "oven-2"}


def test_an_index_is_kept_and_used_again(cli: Cli, beir: Path, tmp_path: Path) -> None:
    arguments = ["eval", "retrieval", "--beir", beir, "--split", "dev", "--index-dir"]
    first = cli(*arguments, tmp_path / "kept", "--json").json()
    (kept,) = (tmp_path / "kept").iterdir()
    changed = (kept / "cicerone.db").stat().st_mtime_ns
    second = cli(*arguments, tmp_path / "kept", "--mode", "sparse", "--json").json()
    assert second["docs_per_s"] == first["docs_per_s"], "the speed is remembered with the index"
    assert (kept / "cicerone.db").stat().st_mtime_ns == changed
    (beir / "corpus.jsonl").write_text('{"_id": "kettle", "text": "Descale it."}')
    assert cli(*arguments, tmp_path / "kept", "--json").json()["documents"] == 1
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_what_was_left_out_is_said(cli: Cli, beir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_EMBEDDER__ENABLED", "false")
    result = cli("eval", "retrieval", "--beir", beir, "--split", "dev", "--json")
    assert result.json()["degraded"] != []
    assert "warning: " in result.err


def test_citations_look_at_files_and_never_index_the_gold(cli: Cli, documents: Path) -> None:
    gold = documents / "gold.jsonl"
    rows = [{"file": "brisk.md", "heading": "Descaling", "page": 1}]
    gold.write_text("\n".join(map(json.dumps, rows)))
    result = cli("eval", "citations", "--manuals", documents, "--gold", gold, "--json")
    assert result.code == 0
    report = result.json()
    assert set(report) >= {"questions", "page_hit@1", "page_hit@3", "page_hit@5"}
    assert report["questions"] == 1
    assert report["page_hit@5"] == 0.0, "Markdown has no pages, so no page can be right"
    assert report["documents"] == 2
    assert report["left_out"] == []


def test_answers_are_measured_on_golden_questions(cli: Cli, documents: Path) -> None:
    golden = documents / "golden.jsonl"
    question = {"id": "1", "question": "How often must I descale the kettle?"}
    place = {"answerable": True, "document": "brisk.md", "page": 1}
    other = {"id": "2", "question": "Who won the football match?", "answerable": False}
    golden.write_text("\n".join(map(json.dumps, [question | place, other])))
    arguments = ["eval", "answers", "--manuals", documents, "--golden", golden]
    report = cli(*arguments, "--json").json()
    assert (report["questions"], report["answerable"]) == (2, 1)
    assert report["answered"] == 1.0
    assert report["abstained"] == 1.0
    assert report["cited_document"] == 1.0
    assert report["document_hit@1"] == 1.0
    assert report["documents"] == 2, "the golden file is not indexed"
    shown = cli(*arguments)
    assert "wanted brisk.md p. 1" in shown.out


def test_answers_are_compared_with_references(cli: Cli, beir: Path, documents: Path) -> None:
    dataset = documents / "qa.jsonl"
    rows = [
        {"question": "How often to descale the kettle?", "answer": "every 60 days"},
        {"question": "Who won the football match?", "answerable": False},
    ]
    dataset.write_text("\n".join(map(json.dumps, rows)))
    arguments = ["eval", "qa", "--dataset", dataset, "--json"]
    for source in (["--beir", beir], ["--manuals", documents]):
        report = cli(*arguments, *source).json()
        assert report["questions"] == 2
        metrics = report["metrics"]
        assert 0 < metrics["token_f1"] < 1
        assert metrics["citation_valid"] == metrics["abstention_recall"] == 1.0
    assert "give one of" in cli(*arguments).err
    assert cli(*arguments, "--collection", "nowhere").code != 0


def test_strategies_are_compared(cli: Cli, documents: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "recorded.jsonl"
    row = {
        "question": "It got furry inside",
        "document": "brisk.md",
        "page": 1,
        "rewrite": "descale the kettle",
        "hyde": "Descale the kettle with citric acid.",
        "decompose": ["How is the kettle descaled?", "How often?"],
    }
    dataset.write_text(json.dumps(row))
    arguments = ["eval", "strategies", "--manuals", documents, "--dataset", dataset]
    report = cli(*arguments, "--json").json()
    assert report["questions"] == 1
    assert list(report["strategies"]) == ["vanilla", "rewrite", "hyde", "fusion", "auto"]
    assert report["degraded"] == []
    assert "page_hit@3" in cli(*arguments).out


def test_support_is_scored_on_the_projects_pairs(cli: Cli) -> None:
    report = cli("eval", "support", "--json").json()
    assert set(report["rules"]["test"]) == {"pairs", "precision", "recall", "f1", "accuracy"}
    assert report["rules"]["test"]["f1"] > report["overlap"]["test"]["f1"]
    assert "precision" in cli("eval", "support").out


def test_likeness_is_scored_by_split_and_threshold(cli: Cli) -> None:
    found = cli("eval", "likeness", "--json").json()
    assert found["pairs"] >= 60
    rows = {(row["split"], row["threshold"]): row for row in found["rates"]}
    for split in ("dev", "test"):
        row = rows[split, 0.85]
        assert row["wrong"] == 0 and row["hits"] <= row["hits_by_vectors"] <= row["same"]
    one = cli("eval", "likeness", "--threshold", "0.5", "--json").json()["rates"]
    assert [row["threshold"] for row in one] == [0.5, 0.5]
    assert "by vectors" in cli("eval", "likeness").out


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_each_strategy_finds_more_than_one_look(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EMBEDDER__PLUGIN", "PARSER__PLUGIN", "RERANKER__ENABLED"):
        monkeypatch.delenv(f"CICERONE_{name}")
    for name in ("STRATEGY__TIMEOUT_S", "RERANK__TIMEOUT_S", "RETRIEVAL__ENCODE_TIMEOUT_S"):
        monkeypatch.setenv(f"CICERONE_QUERY__{name}", "120")  # a busy machine is not at fault
    report = cli("eval", "strategies", "--index-dir", tmp_path / "index", "--json").json()
    found = {name: figures["mrr"] for name, figures in report["strategies"].items()}
    assert report["degraded"] == []
    assert min(found["rewrite"], found["hyde"], found["fusion"]) > found["vanilla"], found
    assert found["auto"] >= found["vanilla"]
