"""Raw dead letters: the redactor reads the positions again itself, once each, and says what has expired."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from services.cli.dead_letters import read_mailbox, states
from services.ingest_redactor.logic.scanner import Scanner
from services.ingest_redactor.processor import application as redactor
from services.ingest_redactor.replay import Wanted
from services.ingest_redactor.replay import replay as redact_again
from shared.audit_trail import read_chain
from shared.clock import ManualClock
from shared.errors import FatalError
from shared.events import ObservationRaw
from shared.events.calls import Answer, Attempt, ChatMessage, Request
from shared.events.vocabulary import AttemptVerdict, ModelKind
from shared.replayed import REDACTOR_CHAIN
from shared.stream.processor import Application
from shared.stream.records import TopicPartition
from tests.unit.cli.dead_letter_site import CODEC, LIMITS, RAW, SECRET, Site


class Failing(Scanner):
    def scan_all(self, texts: list[str], *, again: bool = False) -> list[Any]:
        raise RuntimeError(*texts)


def raw_call(number: int) -> ObservationRaw:
    return ObservationRaw(
        event_id=f"e{number}", tenant="acme", episode=f"p{number}", occurred_at_ms=1_700_000_000_000,
        request=Request(messages=(ChatMessage(role="user", content=f"Refund {SECRET}, order {number}"),)),
        answer=Answer(content="done"),
        attempts=(Attempt(model="base/big", kind=ModelKind.FRONTIER, verdict=AttemptVerdict.OK, cost_usd=0.01),),
    )  # fmt: skip


def the_redactor(scanner: Scanner) -> Application:
    built = redactor(hash_key=b"k", profile="pii", limits=LIMITS, scanner=scanner)
    return replace(built, commit_interval_ms=5)


def test_the_redactor_reads_raw_positions_again_and_twice_changes_nothing() -> None:
    async def story() -> None:
        site, mended, broken = await Site().create(), the_redactor(Scanner("pii")), the_redactor(Failing("pii"))
        await site.write(RAW, [(f"t{n}", raw_call(n)) for n in range(6)] + [("t", b"no avro")])
        async with site.running(broken):
            pass
        letters = (await read_mailbox(site.broker, CODEC)).letters
        assert len(letters) == 7 and all(letter.payload_bytes is None for letter in letters)
        wanted = [
            Wanted(one.id, one.origin.partition, one.origin.offset, one.event.attempt, one.event.payload_sha256)
            for one in letters
        ]
        first_kept = {p: min(o.origin.offset for o in letters if o.origin.partition == p) + 1 for p in (0, 1)}
        expired = {one.id for one in letters if one.origin.offset < first_kept[one.origin.partition]}
        for number, before in first_kept.items():
            site.broker.cluster.truncate(TopicPartition(RAW, number), before)

        async def once_more() -> dict[str, str]:
            return await redact_again(site.broker, CODEC, ManualClock(), mended, wanted, "cli:ann")

        part = await redact_again(site.broker, CODEC, ManualClock(), mended, wanted, "cli:ann", 2)
        assert sum(result != "expired" for result in part.values()) == 2, "stops after so many"
        rest, second = await once_more(), await once_more()
        first = {**rest, **part}
        assert {letter for letter, result in first.items() if result == "expired"} == expired
        assert Counter(result for letter, result in first.items() if letter not in expired) == Counter(
            {"emitted": 7 - len(expired) - 1, "rejected: unknown_framing": 1}
        )
        assert all(second[letter] == ("expired" if letter in expired else "already replayed") for letter in first)
        outputs = [
            CODEC.decode("observation.redacted", r.value or b"")
            for r in site.broker.cluster.records("observation.redacted")
        ]
        assert Counter(Counter(event.event_id for event in outputs).values()) == Counter({1: len(outputs)})
        assert len(outputs) == sum(result == "emitted" for result in first.values())
        assert {(e.proof.source_partition, e.proof.source_offset) for e in outputs} == {
            (one.origin.partition, one.origin.offset) for one in letters if first[one.id] == "emitted"
        }
        again = [letter for letter in site.letters() if letter.attempt == 2]
        assert [(letter.reason, letter.payload) for letter in again] == [("unknown_framing", None)]
        rows = await read_chain(site.broker, CODEC, REDACTOR_CHAIN)
        assert {row.subject for row in rows} == {RAW} and SECRET.encode() not in rows[0].canonical

        fresh = [one for one in (await read_mailbox(site.broker, CODEC)).letters if one.event.attempt == 2]
        state = states((await read_mailbox(site.broker, CODEC)).letters, frozenset(first))
        assert state[fresh[0].id] == "waiting", "what failed again waits again"

    asyncio.run(story())


def test_the_redactor_halts_where_everything_fails_again() -> None:
    async def story() -> None:
        site = await Site().create()
        broken = replace(the_redactor(Failing("pii")), stop_limit=4)
        await site.write(RAW, [("t", raw_call(n)) for n in range(6)])
        async with site.running(the_redactor(Failing("pii"))):
            pass
        wanted = [
            Wanted(one.id, one.origin.partition, one.origin.offset, 1, one.event.payload_sha256)
            for one in (await read_mailbox(site.broker, CODEC)).letters
        ]
        with pytest.raises(FatalError, match="rejected 4 records in a row"):
            await redact_again(site.broker, CODEC, ManualClock(), broken, wanted, "cli")
        assert len(site.letters()) == 6 and await read_chain(site.broker, CODEC, REDACTOR_CHAIN) == []

    asyncio.run(story())
