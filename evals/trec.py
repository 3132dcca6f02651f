"""Rankings as run files of TREC, which every tool of the field reads."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evals.errors import DatasetError

TAG = "cicerone"


def write_run(rankings: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write rankings down, a line for each document: query, `Q0`, document, rank, score, tag.

    Scores are ranks turned round: what was found has its order, and no tie can change it. Judge
    it with `ir_measures QRELS RUN nDCG@10`.

    Args:
        rankings: Query id to document ids, best first.
        path: The file; what was there is replaced.

    Raises:
        DatasetError: an id holds a space, which the format has no way to write.
    """
    path.write_text("".join(_lines(rankings)), encoding="utf-8")


def _lines(rankings: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for query, ranking in rankings.items():
        for rank, document in enumerate(ranking, start=1):
            for id in (query, document):
                if not id or id.split() != [id]:
                    raise DatasetError(
                        f"the id {id!r} cannot be written into a TREC run: no spaces"
                    )
            score = len(ranking) - rank + 1
            yield f"{query} Q0 {document} {rank} {score} {TAG}\n"
