"""Digests of stores, and who may ask for them."""

import asyncio
import http.client
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import CorruptedError, MigratedError
from shared.health import HealthServer
from shared.state.codec import codec_of, decode_value, encode_value
from shared.state.digest import digest_of
from shared.stream.inquiry import Inquiry, report

VALUES = st.recursive(
    st.one_of(st.integers(), st.text(max_size=5), st.booleans()),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
STORES = st.dictionaries(st.text(max_size=6), VALUES, max_size=8)


@given(STORES)
def test_the_order_of_writes_and_a_round_trip_change_nothing(store: dict[str, Any]) -> None:
    backwards = dict(reversed(list(store.items())))
    restored = {key: decode_value("json", encode_value("json", value)) for key, value in store.items()}
    assert digest_of("json", store) == digest_of("json", backwards) == digest_of("json", restored)
    assert digest_of("json", store).entries == len(store)


@given(STORES, st.text(max_size=6), VALUES)
def test_another_entry_gives_another_digest(store: dict[str, Any], key: str, value: Any) -> None:
    changed = {**store, key: value}
    same = key in store and encode_value("json", store[key]) == encode_value("json", value)
    assert (digest_of("json", changed) == digest_of("json", store)) == same


def test_keys_and_values_do_not_run_into_each_other() -> None:
    assert digest_of("bytes", {"ab": b"c"}) != digest_of("bytes", {"a": b"bc"})


def test_an_entry_tells_its_codec() -> None:
    assert codec_of(encode_value("json", {"a": 1})) == "json" and codec_of(encode_value("bytes", b"x")) == "bytes"
    for broken in (b"", b"\x07x", b"\x01{"):
        with pytest.raises(CorruptedError):
            codec_of(broken)


def test_a_task_that_goes_elsewhere_is_silent() -> None:
    async def story() -> None:
        leaving, stuck = Inquiry(), Inquiry()
        asking = asyncio.create_task(report({0: leaving, 1: stuck}, asyncio.to_thread, patience_s=0.05))
        await asyncio.sleep(0)
        leaving.close()
        assert await asking == {"tasks": [], "silent": [0, 1]}
        question = leaving.ask()
        leaving.close()
        with pytest.raises(MigratedError):
            await question

    asyncio.run(story())


def test_state_is_told_to_this_machine_and_only_where_there_is_some() -> None:
    async def told() -> dict[str, Any]:
        return {"application": "a", "tasks": [], "silent": []}

    def get(port: int) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/state")
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    async def story() -> None:
        with_state = HealthServer("127.0.0.1", 0, stuck=list, ready=lambda: True, state=lambda: told)
        without = HealthServer("127.0.0.1", 0, stuck=list, ready=lambda: True)
        try:
            status, body = await asyncio.to_thread(get, await with_state.start())
            assert (status, json.loads(body)) == (200, await told())
            assert (await asyncio.to_thread(get, await without.start()))[0] == 404
            assert (await with_state._tell_state(("10.0.0.8", 1)))[0].startswith("403")
        finally:
            await with_state.stop()
            await without.stop()

    asyncio.run(story())
