"""Freed memory goes back to the system; measured in a process of its own."""

import gc
import subprocess
import sys

from service.memory import begin_start, end_start

PROGRAM = """
import psutil
from service.memory import return_free_memory
assert return_free_memory()
bytearray(30 << 20)  # without being told, glibc keeps blocks of up to this size from here on
blocks = [bytearray(1 << 20) for _ in range(50)]
before = psutil.Process().memory_info().rss
del blocks
print(before - psutil.Process().memory_info().rss)
"""


def test_what_is_freed_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) > 45 << 20


def test_what_the_start_has_made_is_not_looked_at_again() -> None:
    begin_start()
    try:
        assert not gc.isenabled()
    finally:
        end_start()
    assert gc.isenabled()
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 10_000
