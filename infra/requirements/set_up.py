"""Make the virtual environment: installer, locked dependencies, this checkout, the embedded broker. Standard library only.

Run by ``make setup`` (and so by ``make test`` and ``make demo``). Each step happens once: a stamp in the environment
holds the hash of everything it was made from, and a second run only compares it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = CHECKOUT / "requirements.lock"
BOOTSTRAP = CHECKOUT / "infra" / "requirements" / "bootstrap.lock"
STAMP = VENV / ".flywheel-stamp"
HEARTBEAT_S = 15.0
BUDGET_S = 240
CUDA_PACKAGES = re.compile(r"^(torch$|triton$|nvidia-|cuda-)")

COMMAND = """#!{python}
import sys

from services.cli.main import main

sys.exit(main())
"""


def main() -> int:
    torch_index = os.environ.get("TORCH_INDEX", "")
    wanted = _fingerprint(torch_index)
    if STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists():
        return 0
    started = time.monotonic()
    say("setting up .venv (once; about 3 GB is downloaded, most of it PyTorch with its CUDA libraries)")
    if not torch_index:
        say("  a machine without a GPU needs a tenth of that: make setup TORCH_INDEX=<PyTorch's own CPU package index>")
    try:
        _make_environment()
        _install(torch_index)
        _link_checkout()
        step("fetching the embedded broker", [PYTHON, "-m", "services.cli", "prepare"])
    except subprocess.CalledProcessError as error:
        command = " ".join(str(word) for word in error.cmd)
        say(f"set-up failed: {command} ended with {error.returncode}; run again, it goes on where it stopped")
        return 1
    STAMP.write_text(wanted)
    say(f"set-up done in {time.monotonic() - started:.0f} s (budget {BUDGET_S} s)")
    return 0


def _fingerprint(torch_index: str) -> str:
    """Changes whenever something that shaped the environment does."""
    digest = hashlib.sha256()
    for path in (LOCK, BOOTSTRAP, Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{CHECKOUT} {torch_index}".encode())
    return digest.hexdigest()


def _make_environment() -> None:
    version = "{}.{}".format(*sys.version_info[:2])
    found = next((VENV / "lib").glob("python3.*"), None) if VENV.exists() else None
    if PYTHON.exists() and found is not None and found.name == f"python{version}" and _runs(PYTHON):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    step(f"making the virtual environment (Python {version})", [sys.executable, "-m", "venv", VENV])


def _runs(python: Path) -> bool:
    return subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0


def _install(torch_index: str) -> None:
    pip = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", BOOTSTRAP]
    step("fetching the installer uv", pip)
    uv = VENV / "bin" / "uv"
    environment = _installer_environment()
    if not torch_index:
        step("installing the locked dependencies", [uv, "pip", "sync", "--require-hashes", LOCK], environment)
        return
    with tempfile.TemporaryDirectory() as scratch:
        lock = Path(scratch) / "without-cuda.lock"
        entries = lock_entries(LOCK.read_text())
        lock.write_text("".join(text for name, text in entries if not CUDA_PACKAGES.match(name)))
        step(
            "installing the locked dependencies but PyTorch", [uv, "pip", "sync", "--require-hashes", lock], environment
        )
    version = next(re.findall(r"==([^\s;]+)", text)[0] for name, text in entries if name == "torch")
    torch = [uv, "pip", "install", "--index-url", torch_index, f"torch=={version}"]
    step("installing PyTorch from the index you named (its hash is not in the lock)", torch, environment)


def lock_entries(text: str) -> list[tuple[str, str]]:
    """A lock file as (package name, its lines), in order."""
    entries: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if match := re.match(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", line):
            entries.append((match[1].lower(), line))
        elif entries and not line.startswith("#"):
            entries[-1] = (entries[-1][0], entries[-1][1] + line)
    return entries


def _installer_environment() -> dict[str, str]:
    """What a user told pip about mirrors and certificates holds for uv too."""
    environment = os.environ | {"VIRTUAL_ENV": str(VENV)}
    for theirs, ours in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if theirs in environment:
            environment.setdefault(ours, environment[theirs])
    return environment


def _link_checkout() -> None:
    """Import this checkout from everywhere in the environment, and put ``flywheel`` on its path."""
    query = [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "slm_flywheel.pth").write_text(f"{CHECKOUT}\n")
    command = VENV / "bin" / "flywheel"
    command.write_text(COMMAND.format(python=PYTHON))
    command.chmod(0o755)


def step(title: str, command: Iterable[object], environment: Mapping[str, str] | None = None) -> None:
    """Run one step with its output visible and a sign of life where the tool gives none."""
    say(title)
    words = [str(word) for word in command]
    ended = threading.Event()
    if not sys.stderr.isatty():
        threading.Thread(target=_beat, args=(title, ended), daemon=True).start()
    try:
        subprocess.run(words, check=True, cwd=CHECKOUT, env=environment)
    finally:
        ended.set()


def _beat(title: str, ended: threading.Event) -> None:
    started = time.monotonic()
    while not ended.wait(HEARTBEAT_S):
        say(f"  … {title}: {time.monotonic() - started:.0f} s")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
