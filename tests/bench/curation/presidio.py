"""``presidio-analyzer`` with ``en_core_web_sm`` as the peer, in an environment of its own made from ``peers.lock``."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peer_environment import peer_python

HERE = Path(__file__).parent
LOCK = HERE / "peers.lock"
TIME_LIMIT_S = 1200


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the peer found in one text, and the process time it took."""

    spans: list[tuple[int, int]]
    took_s: float


def analysed(texts: list[str]) -> list[Analysed]:
    """The peer on every text, on one core; loading it is not counted."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [str(peer_python(LOCK, "presidio")), str(HERE / "with_presidio.py")],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIME_LIMIT_S,
        env=os.environ | one_core,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [Analysed([(start, end) for start, end in row["spans"]], row["took_s"]) for row in rows]
