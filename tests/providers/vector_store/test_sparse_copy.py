import shutil
from pathlib import Path

import pytest

from providers.vector_store.sparse_copy import copy_sparse


@pytest.mark.parametrize(
    "parts",
    [[], [(0, b"a")], [(1 << 22, b"z")], [(0, b"x" * 5000), (9 << 20, b"y" * 3_000_000)]],
)
def test_a_copy_holds_the_same_bytes(tmp_path: Path, parts: list[tuple[int, bytes]]) -> None:
    source = tmp_path / "source"
    with source.open("wb") as file:
        for offset, data in parts:
            file.seek(offset)
            file.write(data)
        file.truncate(16 << 20)

    copy_sparse(source, tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert (tmp_path / "copy").stat().st_mtime_ns == source.stat().st_mtime_ns
    assert (tmp_path / "copy").stat().st_blocks * 512 < 4 << 20


def test_a_folder_is_copied_with_it(tmp_path: Path) -> None:
    (tmp_path / "from" / "below").mkdir(parents=True)
    (tmp_path / "from" / "below" / "file").write_text("words")
    shutil.copytree(tmp_path / "from", tmp_path / "to", copy_function=copy_sparse)
    assert (tmp_path / "to" / "below" / "file").read_text() == "words"
