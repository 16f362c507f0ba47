"""NumPy is told to leave AVX-512 alone on the processor on which it sorts slowly with it, and on no other."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from shared.vector_instructions import VARIABLE, slow_for_sorting, sort_fast


def described(vendor: str, family: int, flags: str) -> str:
    one = f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel name\t: any\nflags\t\t: {flags}\n"
    return f"{one}\n{one}"


ZEN_4 = described("AuthenticAMD", 25, "fpu avx2 avx512f avx512_vbmi2")


@pytest.mark.parametrize(
    ("cpuinfo", "slow"),
    [
        (ZEN_4, True),
        (described("AuthenticAMD", 25, "fpu avx2"), False),  # Zen 3
        (described("AuthenticAMD", 26, "fpu avx2 avx512f"), False),  # Zen 5
        (described("GenuineIntel", 6, "fpu avx2 avx512f"), False),
        ("CPU implementer\t: 0x41\nCPU architecture: 8\n", False),
        ("", False),
    ],
)
def test_only_zen_4_sorts_slowly(cpuinfo: str, slow: bool) -> None:
    assert bool(slow_for_sorting(cpuinfo)) is slow


def test_numpy_is_told_once_and_before_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(ZEN_4)
    chosen: dict[str, str] = {}
    monkeypatch.setitem(sys.modules, "numpy", ModuleType("numpy"))
    sort_fast(chosen, tmp_path / "cpuinfo")
    assert chosen == {}, "it does not listen any more"
    monkeypatch.delitem(sys.modules, "numpy")
    sort_fast(chosen, tmp_path / "absent")
    assert chosen == {}
    sort_fast(chosen, tmp_path / "cpuinfo")
    assert "X86_V4" in chosen[VARIABLE]
    own = {VARIABLE: "AVX2"}
    sort_fast(own, tmp_path / "cpuinfo")
    assert own == {VARIABLE: "AVX2"}
