import json
from pathlib import Path

import pytest

from evals.beir import load_retrieval_set
from evals.errors import DatasetError, DatasetNotFoundError


def write_set(
    folder: Path,
    *,
    corpus: str | None = None,
    queries: str | None = None,
    qrels: str = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td2\t2\n",
) -> Path:
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": "d1", "title": "Lamp", "text": "Lights."}, {"_id": "d2", "text": "Fan."}]
    questions = [{"_id": q, "text": f"question {q}"} for q in ("q1", "q2", "q3")]
    (folder / "corpus.jsonl").write_text(corpus or "\n".join(map(json.dumps, rows)))
    (folder / "queries.jsonl").write_text(queries or "\n".join(map(json.dumps, questions)))
    (folder / "qrels" / "dev.tsv").write_text(qrels)
    return folder


def test_only_judged_queries_are_kept(tmp_path: Path) -> None:
    dataset = load_retrieval_set(write_set(tmp_path / "set"), "dev")
    assert [row.id for row in dataset.corpus] == ["d1", "d2"]
    assert dataset.queries == {"q1": "question q1", "q2": "question q2"}
    assert dataset.judgements["q1"] == {"d1": 1, "d2": 0}


def test_qrels_need_no_header(tmp_path: Path) -> None:
    dataset = load_retrieval_set(write_set(tmp_path / "set", qrels="q3\td1\t1\n"), "dev")
    assert list(dataset.queries) == ["q3"]


def test_a_query_judged_only_0_does_not_count(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", qrels="q1\td1\t0\nq2\td1\t1\n")
    assert list(load_retrieval_set(folder, "dev").queries) == ["q2"]


def test_line_separators_inside_a_text_do_not_break_the_line(tmp_path: Path) -> None:
    corpus = json.dumps({"_id": "d1", "text": "one\u2028two"}, ensure_ascii=False)
    folder = write_set(tmp_path / "set", corpus=corpus)
    assert load_retrieval_set(folder, "dev").corpus[0].text == "one\u2028two"


def test_a_missing_split_lists_the_splits(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    with pytest.raises(DatasetNotFoundError, match="no split 'test'; splits there: dev"):
        load_retrieval_set(folder, "test")


def test_a_split_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.tsv").write_text("q1\td1\t1\n")
    folder = write_set(tmp_path / "set")
    with pytest.raises(DatasetNotFoundError):
        load_retrieval_set(folder, "../../secret")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="is not a folder"):
        load_retrieval_set(tmp_path / "none", "dev")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"corpus": "{"}, "corpus.jsonl, line 1: not JSON"),
        ({"corpus": '{"title": "x"}'}, "corpus.jsonl, line 1: _id"),
        ({"corpus": '{"_id": "d"}\n{"_id": "d"}'}, "'d' occurs twice"),
        ({"corpus": "\n"}, "has no rows"),
        ({"queries": '{"_id": "q1", "text": "a"}'}, "judges 1 queries .* 'q2'"),
        ({"qrels": "q1 d1 1\n"}, "line 1: want 3"),
        ({"qrels": "q1\td1\t1\nq2\td1\tyes\n"}, "line 2: the score 'yes'"),
        ({"qrels": "query-id\tcorpus-id\tscore\n"}, "no judgement above 0"),
    ],
)
def test_faults_are_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    folder = write_set(tmp_path / "set", **change)
    with pytest.raises(DatasetError, match=message):
        load_retrieval_set(folder, "dev")


def test_bytes_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    (folder / "queries.jsonl").write_bytes(b'{"_id": "q1", "text": "\xff"}')
    with pytest.raises(DatasetError, match="not UTF-8"):
        load_retrieval_set(folder, "dev")
