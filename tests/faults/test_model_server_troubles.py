"""The async sibling on real Kafka before a real completion server behind a TCP proxy: slow, failing, cut off, silent.

Every message ends once, whatever the server did; never more are in flight than allowed; none is lost while it is away.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infra.local.ports import free_port
from services.shadow_evaluator.adapters import SpecialistCaller
from services.shadow_evaluator.logic.comparison import Answered, Away
from shared.events import ModelRegistered
from shared.events.vocabulary import ModelKind
from shared.http import serve_http
from shared.prompting.template import COMPACT_CHATML
from shared.stream.async_runner import AsyncRunner
from shared.stream.outcome import Deferred, Emit, Emitted, Result
from shared.stream.processor import AsyncApplication, Context
from shared.stream.records import Message
from shared.stream.retry import Backoff
from tests.conformance.support import (
    DEAD_LETTERS,
    JsonSerde,
    KafkaLog,
    Names,
    create,
    dead_letter,
    is_caught_up,
    numbered,
    until,
    values,
    write,
)
from tests.faults.tcp_proxy import Mode, TcpProxy

MESSAGES = 120
IN_FLIGHT = 6
ENTRY = ModelRegistered(model="m@v1", kind=ModelKind.SPECIALIST, model_name="m@v1", eval_scores={}, registered_at_ms=1)


class Model:
    """A completion server that takes its time and refuses every fifth call."""

    def __init__(self) -> None:
        self._rng = Random(3)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/completions", self._complete, methods=["POST"])])

    async def _complete(self, _request: Request) -> Response:
        await asyncio.sleep(self._rng.random() * 0.1)
        if self._rng.random() < 0.2:
            return PlainTextResponse("busy", 503)
        chunk = {"choices": [{"text": "DEFER", "finish_reason": "stop"}], "usage": {}}
        return PlainTextResponse(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n")


class Asking:
    """Asks for every message; waits while the server is away, passes on what came of it otherwise. ``most`` is the
    largest number of calls at once."""

    def __init__(self, names: Names, caller: SpecialistCaller) -> None:
        self._names = names
        self._caller = caller
        self._now = self.most = 0

    async def handle(self, message: Message, context: Context) -> Result:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            reply = await self._caller.ask(ENTRY, "prompt", COMPACT_CHATML)
        finally:
            self._now -= 1
        if isinstance(reply, Away):
            return Deferred(reply.reason, 0.2)
        said = {"id": message.event["id"], "from": str(message.position), "answered": isinstance(reply, Answered)}
        return Emitted((Emit(self._names.sink, message.key, said),))


@asynccontextmanager
async def serving(model: Model, port: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(serve_http(model.app(), "127.0.0.1", port, stop, 1.0))
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    with TcpProxy(free_port(), delay_s=0.1, bytes_per_s=20_000) as proxy:
        yield proxy


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.PASS])
def test_every_message_ends_once_whatever_the_model_server_does(
    names: Names, kafka_bootstrap: str, proxy: TcpProxy, mode: Mode
) -> None:
    log, model = KafkaLog(kafka_bootstrap), Model()

    async def scenario() -> None:
        await create(log, (names.source, 2), (names.sink, 2), (DEAD_LETTERS, 1))
        await write(log, numbered(names.source, MESSAGES))
        broker, stop = log.broker(), asyncio.Event()
        async with serving(model, proxy.upstream_port), httpx.AsyncClient() as http:
            asking = Asking(names, SpecialistCaller(http, f"http://{proxy.address}", "", 1.5))
            application = AsyncApplication(
                names.app, (names.source,), asking, max_in_flight=IN_FLIGHT, commit_interval_ms=50,
            )  # fmt: skip
            runner = AsyncRunner(
                application, broker, JsonSerde(), make_dead_letter=dead_letter, timing=log.timing,
                backoff=Backoff(first_s=0.05, longest_s=0.3),
            )  # fmt: skip
            running = asyncio.create_task(runner.run(stop, 10.0))
            await until(lambda: outputs_reach(10), 60)
            proxy.switch(mode)
            await asyncio.sleep(3)
            assert not running.done()
            proxy.switch(Mode.PASS)

            await until(lambda: outputs_reach(MESSAGES), 120)
            await until(lambda: is_caught_up(log, names.app, names.source), 60)
            stop.set()
            await running
            await broker.close()
        outputs = await values(log, names.sink)
        assert sorted(output["id"] for output in outputs) == list(range(MESSAGES)), "each once"
        assert sum(output["answered"] for output in outputs) > MESSAGES / 2
        assert asking.most <= IN_FLIGHT

    async def outputs_reach(count: int) -> bool:
        return len(await values(log, names.sink)) >= count

    asyncio.run(scenario())
