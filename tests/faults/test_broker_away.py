"""The broker behind a TCP proxy that refuses, resets, delays, throttles, swallows, or loses answers; then behaves.

What is lost on the way must not be lost in the log, what is repeated must not be doubled, and once the fault is over the
lag returns to zero without a restart.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.kafka import KafkaServer
from infra.local.ports import free_port
from shared.brokers.kafka import KafkaTiming
from tests.conformance.support import (
    KafkaLog,
    Names,
    Running,
    counting_application,
    create_for,
    lag,
    numbered,
    until,
    values,
    write,
)
from tests.faults.fleet import assert_exactly_once
from tests.faults.tcp_proxy import Mode, TcpProxy

RECORDS = 600
TIMING = KafkaTiming(
    session_s=6.0, heartbeat_s=0.3, rebalance_s=10.0, fetch_wait_s=0.05, request_s=4.0, commit_s=5.0, start_s=8.0
)


@dataclass(frozen=True, slots=True)
class Behind:
    """A broker reached by services through ``proxy``, and directly by whoever looks from outside."""

    server: "ProxiedKafka"
    proxy: TcpProxy

    @property
    def outside(self) -> KafkaLog:
        return KafkaLog(f"127.0.0.1:{self.server.direct_port}")

    @property
    def inside(self) -> KafkaLog:
        return KafkaLog(self.proxy.address, TIMING)


class ProxiedKafka(KafkaServer):
    """Two listeners: one that tells clients the proxy's address, one for the test itself."""

    def __init__(self, home: Path, port: int, proxy: TcpProxy) -> None:
        self.direct_port = free_port()
        super().__init__(
            home,
            port=port,
            fast_failover=True,
            properties={
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "advertised.listeners": f"PLAINTEXT://{proxy.address},DIRECT://127.0.0.1:{self.direct_port}",
                "inter.broker.listener.name": "DIRECT",
            },
        )

    def _write_properties(self) -> Path:
        path = super()._write_properties()
        text = path.read_text()
        path.write_text(
            text.replace("listeners=PLAINTEXT://", f"listeners=DIRECT://127.0.0.1:{self.direct_port},PLAINTEXT://", 1)
        )
        return path


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    port = free_port()
    with TcpProxy(port) as proxy:
        server = ProxiedKafka(tmp_path_factory.mktemp("proxied"), port, proxy)
        server.start()
        try:
            server.wait_ready(120)
            yield Behind(server, proxy)
        finally:
            server.stop()


CUTTING_OFF = (Mode.REFUSE, Mode.HALF_OPEN, Mode.DROP_RESPONSES)


async def through(
    behind: Behind, names: Names, misbehave: Callable[[], None], fault_s: float, limit_s: float, *, cuts_off: bool
) -> None:
    """A runner works through records written directly while ``misbehave`` stands for ``fault_s``, and catches up."""
    await create_for(behind.outside, names)
    broker = behind.inside.broker()
    running = await Running(counting_application(names, max_batch_records=20), behind.inside, broker).ready()
    third = RECORDS // 3
    await write(behind.outside, numbered(names.source, third))
    await asyncio.to_thread(misbehave)
    await write(behind.outside, numbered(names.source, third, start=third))
    await asyncio.sleep(fault_s)
    assert not running.task.done(), "a broker that is away is waited for"
    assert not cuts_off or len(await values(behind.outside, names.sink)) < 2 * third, "the fault was felt"
    await asyncio.to_thread(behind.proxy.switch, Mode.PASS)
    await write(behind.outside, numbered(names.source, third, start=2 * third))

    async def caught_up() -> bool:
        if running.task.done():
            running.task.result()
        done = await lag(behind.outside, names.app)
        return done == 0 and len(await values(behind.outside, names.sink)) >= RECORDS

    await until(caught_up, limit_s)
    await running.stopped()
    await assert_exactly_once(behind.outside, names, RECORDS)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.PASS])
def test_a_broker_that_is_away_for_seconds(behind: Behind, names: Names, mode: Mode) -> None:
    fault_s = {Mode.REFUSE: 1.0, Mode.HALF_OPEN: 6.0}.get(mode, 3.0)
    asyncio.run(through(behind, names, lambda: behind.proxy.switch(mode), fault_s, 120, cuts_off=mode in CUTTING_OFF))


def test_connections_that_are_reset_again_and_again(behind: Behind, names: Names) -> None:
    def reset() -> None:
        for _ in range(5):
            behind.proxy.reset()

    asyncio.run(through(behind, names, reset, 1.0, 120, cuts_off=False))


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("mode", "minutes"), [(Mode.REFUSE, 1), (Mode.HALF_OPEN, 1), (Mode.DROP_RESPONSES, 1), (Mode.REFUSE, 10)]
)
def test_a_broker_that_is_away_for_minutes(behind: Behind, names: Names, mode: Mode, minutes: int) -> None:
    asyncio.run(through(behind, names, lambda: behind.proxy.switch(mode), 60.0 * minutes, 240, cuts_off=True))
