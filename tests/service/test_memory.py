"""Freed memory goes back to the system; measured in a process of its own."""

import subprocess
import sys

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
