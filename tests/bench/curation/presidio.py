"""``presidio-analyzer`` with ``en_core_web_sm`` as the peer, in an environment of its own made from ``peers.lock``."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "peers.lock"
FOLDER = HERE.parents[2] / ".bench" / "presidio"
TIME_LIMIT_S = 1200


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the peer found in one text, and the process time it took."""

    spans: list[tuple[int, int]]
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


def analysed(texts: list[str]) -> list[Analysed]:
    """The peer on every text, on one core; loading it is not counted."""
    one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        [str(_python()), str(HERE / "with_presidio.py")],
        input="".join(json.dumps(text) + "\n" for text in texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIME_LIMIT_S,
        env=os.environ | one_core,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [Analysed([(start, end) for start, end in row["spans"]], row["took_s"]) for row in rows]
