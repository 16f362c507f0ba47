"""The folder that carries an offline verb's state from run to run: one run at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import SettingsError


@contextmanager
def held(folder: Path | None) -> Iterator[None]:
    """Makes the folder and keeps other runs out of it until the end. Raises ``SettingsError`` if it is in use or no folder.

    The lock goes with the process, however that ends; the file ``lock`` stays.
    """
    if folder is None:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
    except OSError as error:
        raise SettingsError(f"--state: {folder} is no folder that can be written to") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"--state: another run uses {folder}") from error
        yield
