"""The check before the set-up takes a Python that reads every pattern, and says where one comes from if there is none."""

import os
import subprocess
import sys
from pathlib import Path

from infra.local.checks import OLDEST_PYTHON, TOO_NEW_PYTHON

PREFLIGHT = Path(__file__).parents[3] / "infra" / "requirements" / "preflight.sh"


def preflight(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs it with no Python on the path but what ``variables`` name."""
    for name in ("python3", "python3.11", "python3.12"):
        stand_in = folder / name
        stand_in.write_text("#!/bin/sh\nexit 1\n")
        stand_in.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", PREFLIGHT],
        env={**os.environ, "PATH": path, **variables},
        cwd=PREFLIGHT.parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_a_fit_python_it_says_so_and_how_to_name_one(tmp_path: Path) -> None:
    ran = preflight(tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "no Python from 3.11.5 to 3.12 found" in ran.stderr
    assert "make setup PYTHON3=/path/to/python" in ran.stderr


def test_the_one_that_is_named_is_taken(tmp_path: Path) -> None:
    ran = preflight(tmp_path, PYTHON=sys.executable)
    assert (ran.returncode, ran.stdout.strip()) == (0, sys.executable), ran.stderr


def test_it_asks_for_what_the_program_asks_for() -> None:
    text = PREFLIGHT.read_text()
    assert f"not {OLDEST_PYTHON} <= sys.version_info[:3] < {TOO_NEW_PYTHON}" in text
    declared = f">={'.'.join(map(str, OLDEST_PYTHON))},<{'.'.join(map(str, TOO_NEW_PYTHON))}"
    assert f'requires-python = "{declared}"' in (PREFLIGHT.parents[2] / "pyproject.toml").read_text()
