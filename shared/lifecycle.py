"""How a process starts, stops and fails. The composition roots call this and hold nothing else.

    sys.exit(run(application, settings))                    # a streaming service
    sys.exit(serve(main, settings, name="recorder"))        # anything else: ``async def main(process)``

Shutdown is a state: the first SIGTERM or SIGINT sets ``process.stop`` (stop taking work → drain → commit → leave, all
within ``settings.grace_s``); a second one, or the end of the grace, aborts. A side task that dies stops the process;
so does the watchdog, when nothing moves any more.
"""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from enum import IntEnum
from typing import Any, TypeVar

from pydantic import ValidationError

from shared import telemetry
from shared.brokers.kafka import KafkaBroker
from shared.errors import FatalError, TransientError
from shared.events.dead_letter import DeadLetter
from shared.health import HealthServer, StateReport
from shared.schema.codec import Codec
from shared.settings import Settings
from shared.stream.async_runner import AsyncRunner
from shared.stream.broker import Broker
from shared.stream.processor import Application, AsyncApplication
from shared.stream.records import Position
from shared.stream.runner import Runner
from shared.stream.serde import Serde
from shared.watchdog import watch

_log = logging.getLogger(__name__)
_ABORT_S = 2.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of ``mallopt(3)``."""
_KEPT_FREE_BYTES = 128 << 20
_LARGEST_ON_HEAP_BYTES = 32 << 20
"""The most that glibc takes."""

AnyApplication = Application | AsyncApplication
SettingsT = TypeVar("SettingsT", bound=Settings)


class ExitCode(IntEnum):
    """What ended a process. FATAL will not go away by restarting: a setting, a missing topic, a broken invariant."""

    CLEAN = 0
    FAILED = 1
    FATAL = 3
    ABORTED = 4


class Process:
    """What ``main`` is given: when to stop, what is shared, and where to say how it is."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.name = name
        self.stop = asyncio.Event()
        self.abort = asyncio.Event()
        self.state_report: StateReport | None = None
        self._side_tasks: list[asyncio.Task[None]] = []
        self._side_task_added = asyncio.Event()
        self._stuck: list[Callable[[], Sequence[str]]] = []
        self._ready: list[Callable[[], bool]] = []
        self._broker: KafkaBroker | None = None
        self._serde: Serde | None = None

    @property
    def broker(self) -> Broker:
        """The log. Closed when the process ends."""
        if self._broker is None:
            self._broker = KafkaBroker(self.settings.kafka, client_id=self.name)
        return self._broker

    @property
    def serde(self) -> Serde:
        """The contracts of ``settings.schemas_dir``."""
        if self._serde is None:
            self._serde = Codec.from_dir(self.settings.schemas_dir)
        return self._serde

    def spawn(self, side_task: Coroutine[Any, Any, None], name: str) -> None:
        """Run beside ``main`` and cancel at its end. If it raises or ends before that, the process stops."""
        self._side_tasks.append(asyncio.create_task(side_task, name=name))
        self._side_task_added.set()

    def when_ready(self, check: Callable[[], bool]) -> None:
        """``/readyz`` says yes once every such check does."""
        self._ready.append(check)

    def when_stuck(self, check: Callable[[], Sequence[str]]) -> None:
        """``/healthz`` reports what these checks name as standing still."""
        self._stuck.append(check)

    def is_ready(self) -> bool:
        return not self.stop.is_set() and all(check() for check in self._ready)

    def stuck(self) -> list[str]:
        return [name for check in self._stuck for name in check()]

    def signalled(self, number: int) -> None:
        if self.stop.is_set():
            self.abort.set()
        _log.info(
            "a signal asks to stop", extra={"signal": number, "state": "abort" if self.abort.is_set() else "drain"}
        )
        self.stop.set()

    async def first_dead_side_task(self) -> asyncio.Task[None]:
        while True:
            self._side_task_added.clear()
            added = asyncio.ensure_future(self._side_task_added.wait())
            try:
                await asyncio.wait([*self._side_tasks, added], return_when=asyncio.FIRST_COMPLETED)
            finally:
                added.cancel()
            for task in self._side_tasks:
                if task.done():
                    return task

    async def close(self) -> None:
        for task in self._side_tasks:
            task.cancel()
        await asyncio.gather(*self._side_tasks, return_exceptions=True)
        if self._broker is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_ABORT_S):
                    await self._broker.close()


Build = Callable[[Process], AbstractAsyncContextManager[AnyApplication]]
"""Makes an application that needs adapters with a life of their own (connections), and closes them afterwards."""


def make_dead_letter(
    *,
    position: Position,
    application: str,
    reason: str,
    detail: str,
    attempt: int,
    payload: bytes | None,
    payload_sha256: str | None,
    at_ms: int,
) -> DeadLetter:
    """The engine's :class:`shared.stream.dead_letters.DeadLetterFactory`."""
    return DeadLetter(
        origin_topic=position.topic,
        origin_partition=position.partition,
        origin_offset=position.offset,
        application=application,
        reason=reason,
        detail=detail,
        attempt=attempt,
        payload=payload,
        payload_sha256=payload_sha256,
        failed_at_ms=at_ms,
    )


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Settings from the environment, or exit with one line per wrong setting (its name, never its value)."""
    try:
        return kind()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = "__".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"FLYWHEEL_{name}: {problem['msg']}\n")
        raise SystemExit(ExitCode.FATAL) from None


def run(application: AnyApplication | Build, settings: Settings, name: str | None = None) -> int:
    """Run a streaming service until it is told to stop; returns the process's exit code.

    ``application`` is an :class:`Application`, an :class:`AsyncApplication`, or an async context manager function that
    is given the :class:`Process` and yields one; that needs ``name``.
    """
    if isinstance(application, Application | AsyncApplication):
        name = name or application.name
        build = _fixed(application)
    else:
        build = application
    if name is None:
        raise FatalError("a built application needs the process's name")

    async def main(process: Process) -> None:
        async with build(process) as built:
            await stream(built, process)

    return serve(main, settings, name)


async def stream(application: AnyApplication, process: Process) -> None:
    """Run ``application`` inside a process until it stops; for roots that serve something else beside it."""
    interval_ms = process.settings.commit_interval_ms
    if interval_ms is not None:
        application = replace(application, commit_interval_ms=interval_ms)
    runner: Runner | AsyncRunner
    if isinstance(application, Application):
        runner = Runner(application, process.broker, process.serde, make_dead_letter=make_dead_letter)
        process.state_report = runner.state_report
    else:
        runner = AsyncRunner(application, process.broker, process.serde, make_dead_letter=make_dead_letter)
    process.when_ready(runner.ready)
    process.when_stuck(lambda: runner.stalled(process.settings.stuck_after_s / 2))
    await runner.run(process.stop, process.settings.grace_s)


def settle_memory() -> None:
    """Tune the cycle collector and the allocator for work in batches. Call once, when everything is imported.

    A batch makes tens of thousands of objects that reference counts free again; with the default of one collection per
    700 the collector walked them, and all that was imported, for up to a third of the processor time. And glibc gave
    arrays of a few mebibytes back to the kernel only to ask for their pages again: a fifth of the time on a long text.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc's alone
        mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_ON_HEAP_BYTES)


def serve(main: Callable[[Process], Awaitable[None]], settings: Settings, name: str) -> int:
    """Run ``main`` with signals, health and side tasks; returns the process's exit code.

    ``main`` must return soon after ``process.stop`` is set. An aborted process is ended at once, threads and all.
    """
    telemetry.configure_logging(name, settings.log_level)
    settle_memory()
    code = asyncio.run(_supervise(main, settings, name))
    logging.shutdown()
    return int(code)


async def _supervise(main: Callable[[Process], Awaitable[None]], settings: Settings, name: str) -> ExitCode:
    process = Process(settings, name)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.signalled, int(number))
    health = HealthServer(
        settings.health_host,
        settings.health_port,
        stuck=process.stuck,
        ready=process.is_ready,
        state=lambda: process.state_report,
    )
    try:
        port = await health.start()
    except OSError as error:
        return _report(FatalError(f"health port {settings.health_port} cannot be used: {error.strerror}"), settings)
    _log.info("started", extra={"pid": os.getpid(), "port": port, "address": settings.health_host})
    process.spawn(watch(process.stuck, settings.stuck_after_s), "watchdog")
    try:
        code = await _watch(main, process, settings)
        if code is ExitCode.ABORTED:
            logging.shutdown()
            os._exit(code)  # the loop's own end would wait for threads, however long they take
    finally:
        await process.close()
        await health.stop()
    _log.info("ended", extra={"exit_code": int(code), "state": code.name})
    return code


async def _watch(main: Callable[[Process], Awaitable[None]], process: Process, settings: Settings) -> ExitCode:
    working = asyncio.ensure_future(main(process))
    side = asyncio.create_task(process.first_dead_side_task(), name="side-tasks")
    stopping = asyncio.create_task(process.stop.wait(), name="stop")
    aborting = asyncio.create_task(process.abort.wait(), name="abort")
    code = ExitCode.CLEAN
    try:
        await asyncio.wait([working, side, stopping], return_when=asyncio.FIRST_COMPLETED)
        if side.done() and not working.done():
            code = _side_task_died(side.result(), settings)
        process.stop.set()
        await asyncio.wait([working, aborting], timeout=settings.grace_s, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            _log.error("aborted: the shutdown took too long or was interrupted", extra={"deadline_s": settings.grace_s})
            working.cancel()
            await asyncio.wait([working], timeout=_ABORT_S)
            return ExitCode.ABORTED
        error = None if working.cancelled() else working.exception()
        return code if error is None else _report(error, settings)
    finally:
        for task in (side, stopping, aborting):
            task.cancel()


def _side_task_died(task: asyncio.Task[None], settings: Settings) -> ExitCode:
    _log.error("a side task ended; the process stops", extra={"task": task.get_name()})
    error = None if task.cancelled() else task.exception()
    return ExitCode.FAILED if error is None else _report(error, settings)


def _report(error: BaseException, settings: Settings) -> ExitCode:
    """One line; the stack too at DEBUG, or when the error is none of ours."""
    known = isinstance(error, FatalError | TransientError)
    _log.critical(
        "stopped by an error",
        exc_info=error if settings.log_level == "DEBUG" or not known else None,
        extra={"error": telemetry.describe_error(error)},
    )
    return ExitCode.FATAL if isinstance(error, FatalError) else ExitCode.FAILED


def _fixed(application: AnyApplication) -> Build:
    @asynccontextmanager
    async def build(_process: Process) -> AsyncIterator[AnyApplication]:
        yield application

    return build
