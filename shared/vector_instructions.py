"""Keeps NumPy from sorting with instructions that the processor at hand runs slowly.

AMD's Zen 4 has AVX-512, but stores compressed vectors by microcode: NumPy's AVX-512 sort takes about four times as long
there as its AVX2 sort (x86-simd-sort, issue 6). NumPy chooses when it is imported, by what the processor has, so this has to
come before.
"""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "NPY_DISABLE_CPU_FEATURES"
_AVX512 = "X86_V4 AVX512_ICL"
"""As NumPy 2.4 names them. Another version warns of a name it does not know, and sorts as it would have."""
_ZEN_3_AND_4 = "25"


def slow_for_sorting(cpuinfo: str) -> str:
    """What NumPy should leave alone on a processor described as Linux does in ``/proc/cpuinfo``; empty for nothing."""
    described: dict[str, str] = {}
    for line in cpuinfo.partition("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        described[name.strip()] = value.strip()
    is_family = described.get("vendor_id") == "AuthenticAMD" and described.get("cpu family") == _ZEN_3_AND_4
    return _AVX512 if is_family and "avx512f" in described.get("flags", "").split() else ""


def sort_fast(environment: MutableMapping[str, str] = os.environ, cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Says so to NumPy, unless it is imported already, the variable is set, or the processor is not known."""
    if "numpy" in sys.modules or VARIABLE in environment:
        return
    try:
        slow = slow_for_sorting(cpuinfo.read_text())
    except OSError:
        return
    if slow:
        environment[VARIABLE] = slow
