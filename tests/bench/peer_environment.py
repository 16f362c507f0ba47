"""Environments of peers that share none of this project's dependencies: each made once, from a hashed lock file."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.settings import CHECKOUT


def peer_python(lock: Path, name: str, announce: Callable[[str], None] = lambda _: None) -> Path:
    """The interpreter of the environment ``name`` of ``lock``, made anew when the lock file changed."""
    folder = CHECKOUT / ".bench" / name
    python, mark = folder / "bin" / "python", folder / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == digest and python.exists():
        return python
    announce(f"making the environment of {name} (once)")
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "-r", str(lock), "--python", str(python)]
    subprocess.run(install, check=True)
    mark.write_text(digest)
    return python
