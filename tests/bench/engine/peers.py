"""The environment of the contender that shares none of this project's dependencies: made once, from a hashed lock file."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.settings import CHECKOUT

LOCK = CHECKOUT / "tests" / "bench" / "peers.lock"
FOLDER = CHECKOUT / ".bench" / "peers"


def peers_python(announce: Callable[[str], None]) -> Path:
    """The interpreter of the peers' environment, made anew when the lock file changed."""
    python, mark = FOLDER / "bin" / "python", FOLDER / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest and python.exists():
        return python
    announce("making the environment of quix-streams (once)")
    shutil.rmtree(FOLDER, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(FOLDER)], check=True)
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK), "--python", str(python)]
    subprocess.run(install, check=True)
    mark.write_text(digest)
    return python
