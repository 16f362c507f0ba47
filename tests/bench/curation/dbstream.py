"""River's DBSTREAM as the peer, in an environment of its own made from ``river.lock``."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from shared.tasks.features import Vector
from tests.bench.peer_environment import peer_python

HERE = Path(__file__).parent
LOCK = HERE / "river.lock"
TIME_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class Streamed:
    """The cluster of each row on its arrival, and the process time of all of them."""

    labels: list[int]
    took_s: float


def version() -> str:
    """Of River, as the lock pins it."""
    (line,) = [line for line in LOCK.read_text().splitlines() if line.startswith("river==")]
    return line.split()[0].replace("==", " ")


def streamed(rows: Vector, threshold: float) -> Streamed:
    """DBSTREAM over ``rows`` in their order: learn one, predict one. ``threshold`` is the radius of a micro-cluster; the
    clusters that it makes of them are re-computed at each prediction. Loading is not counted."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [str(peer_python(LOCK, "river")), str(HERE / "with_dbstream.py"), str(rows.shape[1]), str(threshold)],
        input=rows.astype("<f4").tobytes(),
        capture_output=True,
        check=True,
        timeout=TIME_LIMIT_S,
        env=os.environ | one_core,
    )
    took_s, *labels = done.stdout.decode().split()
    return Streamed([int(label) for label in labels], float(took_s))
