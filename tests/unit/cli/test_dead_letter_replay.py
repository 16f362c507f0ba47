"""Dead letters replayed: once each, by the one that rejected them, with the audit row; twice changes nothing (I2)."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

import infra.local.registry
from services.cli.dead_letters import Filter, parse_position, read_mailbox, states
from services.cli.main import DONE, FAILED, WRONG_USAGE, run
from shared.audit_trail import read_chain
from shared.brokers.memory import MemoryBroker
from shared.errors import FatalError, SettingsError
from shared.events import AssignmentChanged
from shared.lifecycle import make_dead_letter
from shared.replayed import CLI_CHAIN
from shared.stream.processor import Application
from shared.stream.records import Position, TopicPartition
from tests.unit.cli.dead_letter_site import ASSIGNED, CODEC, COMPARED, LETTERS, RAW, Scoring, Site, comparison


def expected(count: int) -> Counter[str]:
    return Counter({f"{name}:x{number}": 1 for name in ("strict", "easy") for number in range(count)})


def test_replayed_twice_nothing_is_doubled_and_the_other_reader_counts_nothing_again() -> None:
    async def story() -> None:
        site = await Site().create()
        site.broken |= {"x3", "x7", "x8"}
        await site.write(COMPARED, [(f"c{n % 3}", comparison(n)) for n in range(20)])
        async with site.running(site.scoring("strict"), site.scoring("easy", set())):
            pass
        assert sum(site.scores().values()) == 37
        planned = await site.replay().plan(Filter(), None)
        assert [step.result for step in planned] == ["appended"] * 3
        assert len(site.broker.cluster.records(COMPARED)) == 20, "a plan writes nothing"

        site.broken.clear()
        async with site.running(site.scoring("strict"), site.scoring("easy", set())):
            first = await site.replay().run(Filter(application="strict"), 2)
            assert [step.result for step in first] == ["appended"] * 2, "stops after so many"
            again = [await site.replay().run(Filter(), None) for _ in range(3)]
            assert [len(steps) for steps in again] == [1, 0, 0]
        assert site.scores() == expected(20)
        originals = {r.key: r.partition for r in site.broker.cluster.records(COMPARED) if not r.headers}
        copies = [r for r in site.broker.cluster.records(COMPARED) if r.headers]
        assert len(copies) == 3 and all(originals[copy.key] == copy.partition for copy in copies)

        rows = await read_chain(site.broker, CODEC, CLI_CHAIN)
        told = [one for row in rows for one in json.loads(row.canonical)["evidence"]["replayed"]]
        assert [row.seq for row in rows] == [0, 1] and {row.actor for row in rows} == {"cli:ann"}
        assert {one["origin"] for one in told} == {dict(copy.headers)["replay_of"].decode() for copy in copies}

    asyncio.run(story())


def test_what_fails_again_is_a_new_letter_with_one_more_attempt_and_may_be_replayed_again() -> None:
    async def story() -> None:
        site = await Site().create()
        site.broken.add("x0")
        await site.write(COMPARED, [("c0", comparison(0))])
        for attempt in (1, 2, 3):
            async with site.running(site.scoring("strict"), site.scoring("easy", set())):
                if attempt > 1:
                    assert len(await site.replay().run(Filter(), None)) == 1
            assert sorted(letter.attempt for letter in site.letters()) == list(range(1, attempt + 1))
        site.broken.clear()
        async with site.running(site.scoring("strict"), site.scoring("easy", set())):
            await site.replay().run(Filter(), None)
        assert site.scores() == expected(1)

    asyncio.run(story())


def test_an_operator_that_dies_in_the_middle_leaves_nothing_and_a_second_one_finishes() -> None:
    async def story() -> None:
        site = await Site().create()
        site.broken |= {f"x{n}" for n in range(5)}
        await site.write(COMPARED, [("c", comparison(n)) for n in range(5)])
        async with site.running(site.scoring("strict"), site.scoring("easy", set())):
            pass
        site.broken.clear()

        class Dies:
            async def point(self, _client: str, where: str, /) -> None:
                await asyncio.sleep(0)
                if where == "commit":
                    raise FatalError("killed inside the transaction")

        dying = site.replay()
        dying._broker = MemoryBroker(site.broker.cluster, faults=Dies())
        with pytest.raises(FatalError, match="killed"):
            await dying.run(Filter(), None)
        async with site.running(site.scoring("strict"), site.scoring("easy", set())):
            assert len(await site.replay("cli:bob").run(Filter(), None)) == 5
        assert site.scores() == expected(5)

    asyncio.run(story())


def test_expired_superseded_and_missing_origins_are_told() -> None:
    async def story() -> None:
        site = await Site().create()
        site.broken |= {"x0", "x1"}
        await site.write(COMPARED, [("key", comparison(0)), ("key", comparison(1))])
        await site.write(ASSIGNED, [("c1", b"no avro"), ("c2", b"no avro")])
        await site.write(ASSIGNED, [("c1", AssignmentChanged(cluster="c1", version=2, changed_at_ms=1))])
        nothing = Application("tables", (ASSIGNED,), lambda _: Scoring("t", set()), tick_interval_s=None)
        async with site.running(site.scoring("strict"), nothing):
            pass
        origin = site.broker.cluster.records(COMPARED)[0]
        site.broker.cluster.truncate(TopicPartition(COMPARED, origin.partition), origin.offset + 1)
        lost = make_dead_letter(
            position=Position(COMPARED, origin.partition, origin.offset), application="other", reason="r", detail="",
            attempt=1, payload=None, payload_sha256="0" * 64, at_ms=2**41,
        )  # fmt: skip
        gone = replace(lost, origin_topic="no.such.topic", payload=b"x", failed_at_ms=2**41 + 1)
        await site.write(LETTERS, [(COMPARED, lost), ("no.such.topic", gone)])

        results = {step.letter.event.application + step.letter.origin.topic + str(step.letter.origin.offset): step
                   for step in await site.replay().run(Filter(), None)}  # fmt: skip
        told = sorted(step.result for step in results.values())
        assert told == [
            "appended",
            "appended",
            "appended; the record has expired, its key is taken from the payload",
            "not replayed: a newer record of its key stands at offset "
            + str(max(r.offset for r in site.broker.cluster.records(ASSIGNED) if r.key == b"c1")),
            "not replayed: its topic or partition does not exist",
            "not replayed: the record has expired and its payload was not kept",
        ]
        taken = next(step for step in results.values() if "taken from" in step.result)
        assert taken.record is not None and (taken.record.key, taken.record.value) == (
            b"c0",
            CODEC.encode(COMPARED, comparison(0)),
        )
        assert await site.replay().plan(Filter(), 0) == []
        left = await site.replay().plan(Filter(), None)
        assert all(step.result.startswith("not replayed") for step in left) and len(left) == 3

    asyncio.run(story())


def test_what_cannot_be_replayed_uses_up_no_limit() -> None:
    async def story() -> None:
        site = await Site().create()
        lost = make_dead_letter(
            position=Position(COMPARED, 0, 0), application="a", reason="r", detail="", attempt=1, payload=None,
            payload_sha256="0" * 64, at_ms=1,
        )  # fmt: skip
        await site.write(LETTERS, [(COMPARED, replace(lost, application=f"a{n}")) for n in range(4)])
        site.broken |= {"x0", "x1"}
        await site.write(COMPARED, [("c", comparison(n)) for n in range(2)])
        async with site.running(site.scoring("strict")):
            pass
        for _ in range(2):
            results = [step.result for step in await site.replay().run(Filter(), 1)]
            assert results[-1] == "appended" and sum(result == "appended" for result in results) == 1

    asyncio.run(story())


def test_two_letters_of_one_record_and_reader_are_replayed_once() -> None:
    async def story() -> None:
        site = await Site().create()
        letter = make_dead_letter(
            position=Position(RAW, 0, 1), application="a", reason="r", detail="", attempt=1, payload=None,
            payload_sha256="0" * 64, at_ms=5,
        )  # fmt: skip
        later, other = replace(letter, failed_at_ms=6), replace(letter, application="b")
        await site.write(LETTERS, [(RAW, letter), (RAW, later), (RAW, other)])
        mailbox = await read_mailbox(site.broker, CODEC)
        assert sorted(states(mailbox.letters, frozenset()).values()) == ["repeated", "waiting", "waiting"]
        await site.replay().run(Filter(), None)
        assert len(site.asked) == 2, "raw letters go to the redactor, and nothing of raw is read here"
        assert await read_chain(site.broker, CODEC, CLI_CHAIN) == []

    asyncio.run(story())


def test_the_commands_show_no_content_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepared() -> Site:
        site = await Site().create()
        site.broken.add("x0")
        await site.write(COMPARED, [("c0", comparison(0)), ("c1", b"\xffno avro")])
        async with site.running(site.scoring("strict")):
            pass
        return site

    site = asyncio.run(prepared())
    monkeypatch.setattr(infra.local.registry, "open_broker", lambda _settings: site.broker)
    assert run(["dlq", "list", "-o", "json"]) == DONE
    rows = json.loads(capsys.readouterr().out)
    assert {row["reason"] for row in rows} == {"not_yet", "unknown_framing"}
    assert {row["state"] for row in rows} == {"waiting"}
    mine = next(row for row in rows if row["reason"] == "not_yet")
    assert run(["dlq", "show", mine["position"], "-o", "json"]) == DONE
    shown = capsys.readouterr().out
    assert "payload_sha256" in shown and "event_id" not in shown
    assert run(["dlq", "show", mine["letter"], "--payload", "-o", "json"]) == DONE
    assert json.loads(capsys.readouterr().out)[0]["payload"]["event_id"] == "e0"
    other = next(row for row in rows if row["reason"] == "unknown_framing")
    assert run(["dlq", "show", other["position"], "--payload"]) == DONE
    assert "base64" in capsys.readouterr().out
    assert run(["dlq", "replay", "--dry-run", "-o", "json"]) == DONE
    assert [row["result"] for row in json.loads(capsys.readouterr().out)] == ["appended"] * 2
    assert run(["dlq", "replay", "--reason", "not_yet", "-o", "json"]) == DONE
    assert "1 of 1" in capsys.readouterr().err
    assert run(["dlq", "list", "--reason", "not_yet"]) == DONE
    assert "replayed" in capsys.readouterr().out


def test_wrong_positions_and_unknown_letters_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError, match="TOPIC/PARTITION/OFFSET"):
        parse_position("observation.raw/x/1")
    site = asyncio.run(Site().create())
    monkeypatch.setattr(infra.local.registry, "open_broker", lambda _settings: site.broker)
    assert run(["dlq", "show", "nonsense"]) == WRONG_USAGE
    assert run(["dlq", "show", "shadow.compared/0/7"]) == FAILED
    assert "no dead letter tells of shadow.compared/0/7" in capsys.readouterr().err
    assert run(["dlq", "replay"]) == DONE
    assert "nothing waits" in capsys.readouterr().err
