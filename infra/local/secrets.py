"""Passwords of the embedded servers: drawn once, kept in files that only their owner can read."""

import os
import secrets
from pathlib import Path


def kept_password(path: Path) -> str:
    """The password in ``path`` (mode 0600), drawn there at the first call."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write ``text`` so that no other account could read it at any moment; replaces the file in one step."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as target:
        target.write(text)
    draft.replace(path)
