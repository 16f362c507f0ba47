"""What Kafka has not acknowledged, on disk: encrypted, bounded, readable by this user alone, deleted once sent."""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

SEGMENT_RECORDS = 500


class Spool:
    """Segments of encrypted lines, oldest first. Full means the oldest segment goes: the newest evidence is kept."""

    def __init__(self, folder: Path, secret: str, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._cipher = Fernet(urlsafe_b64encode(sha256((secret or _key_file(folder)).encode()).digest()))
        self._next = 1 + max((int(path.stem) for path in folder.glob("*.spool")), default=0)
        self.dropped_records = 0

    def append(self, records: list[tuple[str, str, bytes]]) -> None:
        """Write (topic, key, value) records as one or more new segments; on disk when this returns."""
        for start in range(0, len(records), SEGMENT_RECORDS):
            lines = [
                self._cipher.encrypt(json.dumps([topic, key, value.hex()]).encode()) + b"\n"
                for topic, key, value in records[start : start + SEGMENT_RECORDS]
            ]
            path = self._folder / f"{self._next:012d}.spool"
            self._next += 1
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
        self._keep_bound()

    def segments(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob("*.spool"))

    def read(self, segment: Path) -> list[tuple[str, str, bytes]]:
        """Records of a segment. Lines that do not decrypt (torn by a crash, another key) are counted and left out."""
        records = []
        for line in segment.read_bytes().splitlines():
            try:
                topic, key, value = json.loads(self._cipher.decrypt(line))
                records.append((topic, key, bytes.fromhex(value)))
            except (InvalidToken, ValueError):
                self.dropped_records += 1
        return records

    @staticmethod
    def acknowledge(segment: Path) -> None:
        segment.unlink(missing_ok=True)

    def _keep_bound(self) -> None:
        sizes = [(path, path.stat().st_size) for path in self.segments()]
        total = sum(size for _, size in sizes)
        for path, size in sizes[:-1]:
            if total <= self._max_bytes:
                return
            self.dropped_records += path.read_bytes().count(b"\n")
            path.unlink()
            total -= size


def _key_file(folder: Path) -> str:
    path = folder / "key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(Fernet.generate_key().decode())
    return path.read_text()
