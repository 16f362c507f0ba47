"""River's DBSTREAM as the peer, in an environment of its own made from ``river.lock``."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.tasks.features import Vector

HERE = Path(__file__).parent
LOCK = HERE / "river.lock"
FOLDER = HERE.parents[2] / ".bench" / "river"
TIME_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Streamed:
    """The cluster of each row on its arrival, and the process time of all of them."""

    labels: list[int]
    took_s: float


def _python() -> Path:
    """The interpreter of the peer's environment, made anew when the lock file changed."""
    python, mark = FOLDER / "bin" / "python", FOLDER / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest and python.exists():
        return python
    shutil.rmtree(FOLDER, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(FOLDER)], check=True)
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK), "--python", str(python)]
    subprocess.run(install, check=True)
    mark.write_text(digest)
    return python


def version() -> str:
    """Of River, as the lock pins it."""
    (line,) = [line for line in LOCK.read_text().splitlines() if line.startswith("river==")]
    return line.split()[0].replace("==", " ")


def streamed(rows: Vector, threshold: float) -> Streamed:
    """DBSTREAM over ``rows`` in their order: learn one, predict one. ``threshold`` is the radius of a micro-cluster; the
    clusters that it makes of them are re-computed at each prediction. Loading is not counted."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [str(_python()), str(HERE / "with_dbstream.py"), str(rows.shape[1]), str(threshold)],
        input=rows.astype("<f4").tobytes(),
        capture_output=True,
        check=True,
        timeout=TIME_LIMIT_S,
        env=os.environ | one_core,
    )
    took_s, *labels = done.stdout.decode().split()
    return Streamed([int(label) for label in labels], float(took_s))
