"""The commands over a home that no server owns."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from service.schemas import Answer, DocumentPage, HealthReport, IngestReport, JobRead, SearchResult

Cli = Any


def test_ingest_reports_every_file(cli: Cli, documents: Path) -> None:
    result = cli("ingest", documents, "-c", "kitchen", "--json")
    assert result.code == 0
    report = result.json()
    assert set(report) == {"documents", "pages", "chunks", "seconds"}
    assert [d["source"] for d in report["documents"]] == ["brisk.md", "ovens/calder.md"]
    for document in report["documents"]:
        assert set(document) >= {
            "source",
            "document_id",
            "version",
            "status",
            "reason",
            "pages",
            "chunks",
        }
        assert (document["version"], document["status"]) == (1, "indexed")
    assert report["chunks"] == sum(d["chunks"] for d in report["documents"]) > 0
    IngestReport.model_validate(report)
    again = cli("ingest", documents, "-c", "kitchen", "--json").json()
    assert {d["status"] for d in again["documents"]} == {"unchanged"}


def test_a_file_that_cannot_be_used_makes_the_result_unclean(cli: Cli, documents: Path) -> None:
    (documents / "empty.md").write_text("")
    (documents / "binary.md").write_bytes(bytes(range(256)) * 8)
    result = cli("ingest", documents, "--json")
    assert result.code == 1
    status = {d["source"]: (d["status"], d["reason"]) for d in result.json()["documents"]}
    assert status["empty.md"] == ("quarantined", "empty")
    assert status["binary.md"][0] == "quarantined"
    assert status["brisk.md"] == ("indexed", None)
    shown = cli("ingest", documents)
    assert shown.code == 1
    assert "empty.md" in shown.out


def test_an_empty_folder_is_fine_and_said(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    result = cli("ingest", tmp_path / "nothing", "--json")
    assert result.code == 0
    assert result.json()["documents"] == []
    assert "no files found" in result.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ingest", "missing.pdf"], 4),
        (["ingest", "a\0b"], 2),
        (["ingest", ".", "-c", "../../etc"], 2),
        (["search", "x", "-c", "../../etc"], 2),
        (["search", "x", "-c", "nowhere"], 4),
        (["search", "  "], 2),
        (["search", "x", "--filter", "langauge=de"], 2),
        (["search", "x", "--filter", "language"], 2),
        (["search", ""], 2),
        (["ask", ""], 2),
        (["ask", "why " * 25_000], 2),
        (["ask", "y" * 100_001], 2),
        (["documents", "show", "../../etc/passwd"], 4),
        (["documents", "show", "a\0b"], 4),
        (["documents", "show", "8c5e0000-0000-0000-0000-000000000000"], 4),
        (["documents", "delete", "8c5e", "--yes"], 4),
        (["documents", "list", "-c", "nowhere"], 4),
        (["jobs", "show", "8c5e"], 4),
        (["jobs", "watch", "8c5e"], 4),
        (["jobs", "cancel", "../x"], 4),
        (["jobs", "pause", "8c5e"], 4),
        (["jobs", "resume", "8c5e"], 4),
        (["jobs", "retry", "8c5e"], 4),
        (["jobs", "list", "--status", "nonsense"], 2),
        (["keys", "revoke", "8c5e"], 4),
        (["keys", "create", ""], 2),
        (["eval", "retrieval", "--beir", "nowhere"], 4),
        (["eval", "citations", "--manuals", ".", "--gold", "nowhere"], 4),
        (["eval", "answers", "--golden", "nowhere"], 4),
        (["models", "prepare", "gpt-99"], 2),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else str(value),
)
def test_every_refusal_is_one_clear_problem(
    cli: Cli, filled_home: Path, arguments: list[str], code: int
) -> None:
    result = cli("--home", filled_home, *arguments, "--json")
    problem = result.json()
    assert result.code == code, problem
    assert problem["detail"]
    assert problem["type"].startswith("/problems/")
    assert "Traceback" not in result.err
    assert result.err.strip().count("\n") == 0
    assert problem["detail"] in result.err


def test_search_returns_places(loaded: Cli) -> None:
    result = loaded("search", "descale the kettle", "-k", "2", "--json")
    assert result.code == 0
    found = result.json()
    SearchResult.model_validate(found)
    assert set(found) >= {"hits", "timings_ms"}
    first = found["hits"][0]
    assert set(first) >= {
        "rank",
        "score",
        "chunk_id",
        "document_id",
        "source",
        "page",
        "heading_path",
        "text",
    }
    assert (first["rank"], first["source"]) == (1, "brisk.md")
    assert first["heading_path"][-1] == "Descaling"
    assert "60 days" in first["text"]
    assert len(found["hits"]) == 2


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_each_mode_finds_the_oven(loaded: Cli, mode: str) -> None:
    found = loaded("search", "wipe the oven door with soapy water", "--mode", mode, "--json").json()
    assert found["hits"][0]["source"] == "ovens/calder.md"


def test_filters_narrow_a_search(loaded: Cli) -> None:
    def sources(*filters: str) -> set[str]:
        words = [word for each in filters for word in ("--filter", each)]
        found = loaded("search", "descale the kettle", *words, "--json").json()
        return {hit["source"] for hit in found["hits"]}

    assert len(sources()) == 2
    assert sources("source=bri*") == {"brisk.md"}
    assert sources("source=bri*", "source=ovens/*", "language=en") == sources()
    assert sources("language=de") == set()


def test_an_answer_explains_itself(loaded: Cli) -> None:
    arguments = ["ask", "How often must I descale the kettle?", "--explain"]
    explained = loaded(*arguments, "--json").json()["explanation"]
    assert explained[0]["outcome"] == "kept"
    assert "kettle" in explained[0]["matched"]
    shown = loaded(*arguments).out
    assert "matched" in shown
    assert "kept" in shown
    assert loaded("ask", "How often must I descale?", "--json").json()["explanation"] is None


def test_a_strategy_without_a_model_is_said_to_be_left_out(loaded: Cli) -> None:
    found = loaded("search", "descale", "--strategy", "hyde", "--json").json()
    assert found["degraded"] == ["hyde was left out: no model serves the role hyde"]
    assert found["hits"]


def test_search_for_people_names_the_place(loaded: Cli) -> None:
    shown = loaded("search", "descale the kettle").out
    assert "brisk.md, Brisk 12 kettle › Descaling" in shown
    assert "60 days" in shown


def test_ask_answers_with_citations(loaded: Cli) -> None:
    result = loaded("ask", "How often should I descale the kettle?", "--json")
    assert result.code == 0
    answer = result.json()
    Answer.model_validate(answer)
    assert set(answer) >= {
        "answer",
        "citations",
        "abstained",
        "degraded",
        "trace_id",
        "usage",
        "timings_ms",
    }
    assert answer["abstained"] is False
    assert "60 days" in answer["answer"]
    citation = answer["citations"][0]
    assert set(citation) >= {"marker", "document_id", "source", "page", "heading_path", "quote"}
    assert citation["source"] == "brisk.md"
    assert "60 days" in citation["quote"]


def test_ask_for_people_shows_the_answer_and_its_sources(loaded: Cli) -> None:
    shown = loaded("ask", "How often should I descale the kettle?").out
    assert "60 days" in shown
    assert "Sources" in shown
    assert "brisk.md" in shown.split("Sources")[1]


def test_documents_can_be_listed_shown_and_deleted(loaded: Cli) -> None:
    page = loaded("documents", "list", "--json").json()
    DocumentPage.model_validate(page)
    assert page["total"] == 2
    kettle = next(d for d in page["documents"] if d["source"] == "brisk.md")
    assert loaded("documents", "show", kettle["document_id"], "--json").json() == kettle
    assert kettle["document_id"] in loaded("documents", "list").out
    deleted = loaded("documents", "delete", kettle["document_id"], "--json")
    assert deleted.json() == {"document_id": kettle["document_id"], "deleted": True}
    hits = loaded("search", "descale the kettle", "--json").json()["hits"]
    assert {hit["source"] for hit in hits} == {"ovens/calder.md"}
    assert loaded("documents", "delete", kettle["document_id"], "--yes").code == 4


def test_a_deletion_asks_first(loaded: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (kettle, _) = loaded("documents", "list", "--json").json()["documents"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert loaded("documents", "delete", kettle["document_id"]).code != 0
    assert loaded("documents", "list", "--json").json()["total"] == 2


def test_jobs_tell_what_happened(loaded: Cli) -> None:
    (job,) = loaded("jobs", "list", "--json").json()["jobs"]
    JobRead.model_validate(job)
    assert (job["kind"], job["status"], job["done"]) == ("ingest", "succeeded", 2)
    assert loaded("jobs", "show", job["job_id"], "--json").json() == job
    watched = loaded("jobs", "watch", job["job_id"], "--json")
    assert watched.code == 0
    assert watched.json() == job
    assert "document.finished" in watched.err
    for action in ("pause", "resume", "cancel"):
        steered = loaded("jobs", action, job["job_id"], "--json")
        assert steered.json()["status"] == "succeeded"
    assert loaded("jobs", "retry", job["job_id"]).code != 0
    assert loaded("jobs", "dead", "--json").json() == {"jobs": []}
    assert loaded("jobs", "list", "--status", "failed", "--json").json() == {"jobs": []}


def test_keys_are_shown_once(cli: Cli) -> None:
    made = cli("keys", "create", "laptop", "--role", "editor", "--json").json()
    assert made["secret"].startswith("ck_")
    assert made["role"] == "editor"
    listed = cli("keys", "list", "--json")
    assert made["secret"] not in listed.out
    assert [key["key_id"] for key in listed.json()["keys"]] == [made["key_id"]]
    revoked = cli("keys", "revoke", made["key_id"], "--json").json()
    assert revoked["revoked_at"] is not None
    assert "revoked" in cli("keys", "list").out


def test_the_database_can_be_upgraded_and_checked(cli: Cli) -> None:
    before = cli("db", "current", "--json").json()
    assert before["current"] is None
    assert cli("db", "check").code == 1
    upgraded = cli("db", "upgrade", "--json").json()
    assert upgraded == {"before": None, "after": before["head"]}
    assert cli("db", "upgrade", "--json").json()["before"] == before["head"]
    assert cli("db", "check", "--json").json() == {"clean": True, "differences": []}


def test_the_schema_is_described_without_a_database(cli: Cli, tmp_path: Path) -> None:
    tables = cli("db", "schema", "--json").json()["tables"]
    assert "documents" in {table["name"] for table in tables}
    assert cli("db", "schema").out.startswith("# Schema\n")
    written = cli("db", "schema", "--output", tmp_path / "pages")
    assert f"{len(tables)} tables" in written.out
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {"schema.md", "schema.svg"}


def test_a_database_that_cannot_be_reached_is_5(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_DATABASE__URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    result = cli("search", "x", "--json")
    assert result.code == 5
    assert result.json()["type"] == "/problems/database-unreachable"


def test_doctor_reports_every_capability(cli: Cli) -> None:
    result = cli("doctor", "--json")
    assert result.code == 0
    report = HealthReport.model_validate(result.json())
    assert set(report.capabilities) >= {"database", "embedder", "vector_store", "parser"}
    assert report.capabilities["reranker"].status == "disabled"
    assert "sqlite" in cli("doctor").out


def test_doctor_is_1_when_nothing_can_be_answered(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICERONE_VECTOR_STORE__PLUGIN", "qdrant")
    monkeypatch.setenv("CICERONE_VECTOR_STORE__OPTIONS", '{"url": "http://127.0.0.1:1"}')
    result = cli("doctor", "--json")
    assert result.code == 1
    assert result.json()["status"] == "unavailable"
    assert result.json()["capabilities"]["vector_store"]["status"] == "unavailable"


def test_a_missing_model_says_how_to_make_it(
    cli: Cli, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICERONE_EMBEDDER__PLUGIN", "fastembed")
    monkeypatch.setenv("CICERONE_MODELS_DIR", str(tmp_path / "models"))
    listed = cli("models", "list", "--json").json()
    assert listed == {
        "models_dir": str(tmp_path / "models"),
        "models": [],
        "deployments": [],
        "roles": {},
    }
    result = cli("ingest", documents, "--json")
    assert result.code != 0
    assert "cicerone models prepare" in result.out
    assert "Traceback" not in result.err


def test_folders_filled_by_hand_are_listed_with_what_they_lack(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CICERONE_MODELS_DIR", str(tmp_path / "models"))
    folder = tmp_path / "models" / "bge-reranker-base"
    folder.mkdir(parents=True)
    config = {"architectures": ["XLMRobertaForSequenceClassification"], "hidden_size": 768}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (found,) = cli("models", "list", "--json").json()["models"]
    assert (found["name"], found["kind"]) == ("bge-reranker-base", "reranker")
    assert found["missing"] == ["model.onnx", "tokenizer.json"]
    assert "tokenizer.json" in cli("models", "list").out


def test_a_home_in_use_says_so(cli: Cli, documents: Path, home: Path) -> None:
    from service.owner import HomeLock  # noqa: PLC0415 - only this test plays the other process

    with HomeLock(home):
        result = cli("ingest", documents, "--json")
    assert result.code == 5
    assert json.loads(result.out)["type"] == "/problems/home-in-use"
