"""A settled process asks the kernel for pages once, however often it makes one."""

import subprocess
import sys

import pytest

PAGES = 2_048
"""Of 8 MiB."""
PROGRAM = """
import resource, sys
from shared.lifecycle import settle_memory

if "settled" in sys.argv:
    settle_memory()
def faults():
    [bytes([at]) * (8 << 20) for at in range(1, 5)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
faults()
before = faults()
for _ in range(8):
    after = faults()
print(after - before)
"""


def page_faults(*arguments: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc's allocator is tuned")
def test_pages_of_arrays_are_kept_and_would_not_be_otherwise() -> None:
    assert page_faults("settled") < PAGES
    assert page_faults() > 8 * PAGES
