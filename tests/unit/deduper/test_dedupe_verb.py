"""``flywheel dedupe``: lines in and out, bad lines, and the state from run to run."""

import io
import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.cli import curation
from services.cli.curation_dedupe import Dedupe
from services.cli.curation_lines import line_batches
from services.cli.curation_state import held
from shared.errors import SettingsError

Line = dict[str, Any]
Run = Callable[..., list[Line]]


@pytest.fixture
def dedupe() -> Run:
    app = typer.Typer()
    curation.register(app)

    def run(lines: list[Line], *options: str) -> list[Line]:
        result = CliRunner().invoke(app, ["dedupe", *options], input="".join(json.dumps(line) + "\n" for line in lines))
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


def stream(count: int, seed: int) -> list[Line]:
    rng = random.Random(seed)
    lines: list[Line] = []
    for number in range(count):
        words = [f"w{rng.randrange(3000)}" for _ in range(30)]
        if lines and rng.random() < 0.6:
            words = rng.choice(lines)["text"].split()
            for _ in range(rng.choice([0, 1, 2])):
                words[rng.randrange(len(words))] = f"x{number}"
        lines.append({"id": f"i{number}", "text": " ".join(words), "key": rng.choice("kl")})
    return lines


def test_the_state_carries_the_window_however_the_lines_are_cut(dedupe: Run, tmp_path: Path) -> None:
    lines = stream(600, 1)
    whole = dedupe(lines)
    assert [line["id"] for line in whole] == [line["id"] for line in lines]
    assert {line["repeat"] for line in whole} == {True, False}
    assert all((line["duplicate_of"] is None) == (line["similarity"] is None) for line in whole)
    assert all(line["similarity"] is None or line["similarity"] >= 0.8 for line in whole)
    originals = {line["id"] for line in whole if line["duplicate_of"] is None}
    assert {line["duplicate_of"] for line in whole} - {None} <= originals
    options = ["--state", str(tmp_path / "state")]
    cuts = [0, 1, 50, 400, 600]
    assert [line for cut in pairwise(cuts) for line in dedupe(lines[slice(*cut)], *options)] == whole


def test_an_id_only_names_a_line(dedupe: Run) -> None:
    words = " ".join(f"w{number}" for number in range(20))
    out = dedupe([{"id": "a", "text": words}, {"id": "a", "text": words + " more"}, {"id": "a", "text": "other"}])
    assert [line["duplicate_of"] for line in out] == [None, "a", None]
    assert [line["repeat"] for line in out] == [False, False, False]


def test_bad_lines_are_named_by_number_and_answered_in_place() -> None:
    app = typer.Typer()
    curation.register(app)
    good = json.dumps({"id": "a", "text": "cut \ud83d here"})
    lines = [
        good,
        "{secret",
        "[1]",
        '{"id": [1], "text": "secret"}',
        '{"id": "\\ud83d", "text": "secret"}',
        "\udcff",
        "",
    ]
    data = "\n".join([*lines, good]).encode("utf-8", "surrogateescape")
    result = CliRunner().invoke(app, ["dedupe"], input=data)
    assert result.exit_code == 1
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert [("error" in line) for line in out] == [False, True, True, True, True, True, True, False]
    assert out[-1] == {"id": "a", "duplicate_of": "a", "similarity": 1.0, "repeat": True}
    assert "secret" not in result.output
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [f"line {number}" for number in range(2, 8)]


def test_a_state_of_another_version_or_a_damaged_one_is_refused_with_the_way_out(dedupe: Run, tmp_path: Path) -> None:
    dedupe(stream(20, 2), "--state", str(tmp_path))
    saved = (tmp_path / "window.bin").read_bytes()
    head, _, body = saved.partition(b"\n")
    damaged = [
        json.dumps({**json.loads(head), "parameters": "older"}).encode() + b"\n" + body,
        saved[:-3],
        json.dumps({**json.loads(head), "documents": "many"}).encode() + b"\n" + body,
        head + b"\n" + body.replace(body[7:11], b"\0\0\0\0"),
        b"\x00\xff no state",
        b"{}\n",
    ]
    for data in damaged:
        (tmp_path / "window.bin").write_bytes(data)
        with pytest.raises(SettingsError, match="delete it and start anew"):
            Dedupe(tmp_path)
    (tmp_path / "window.bin").unlink()
    (tmp_path / "window.json").write_text("{}")
    with pytest.raises(SettingsError, match="delete it and start anew"):
        Dedupe(tmp_path)


def test_lines_are_handed_on_as_they_arrive() -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.pieces = [b"one\ntw", b"o\n", b"", b"three"]

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            piece = self.pieces.pop(0) if self.pieces else b""
            buffer[: len(piece)] = piece
            return len(piece)

    batches = line_batches(io.BufferedReader(Slow()))
    assert next(batches) == [b"one"]
    assert next(batches) == [b"two"]
    assert list(line_batches(io.BytesIO(b"a\n\nb\n"))) == [[b"a", b"", b"b"]]
    assert list(line_batches(io.BytesIO(b"a\nb"))) == [[b"a"], [b"b"]]


def test_a_thousand_calls_of_one_narrow_task_keep_what_is_distinct(dedupe: Run) -> None:
    rng = random.Random(4)
    texts = [f"Please refund order {rng.randrange(400)} of {rng.choice('ABCDEF')}, it came broken" for _ in range(1000)]
    out = dedupe([{"id": f"{number}", "text": text} for number, text in enumerate(texts)])
    assert sum(not line["repeat"] for line in out) == len(set(texts))


def test_one_run_at_a_time_has_the_state(dedupe: Run, tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(SettingsError, match="another run"), held(tmp_path):
        pass
    dedupe([{"id": "a", "text": "x"}], "--state", str(tmp_path))
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(SettingsError, match="no folder"), held(occupied):
        pass


@pytest.mark.parametrize("verb", ["dedupe", "redact", "cluster"])
def test_a_line_that_is_no_text_spoils_no_other(verb: str) -> None:
    app = typer.Typer()
    curation.register(app)
    good = json.dumps({"id": "a", "text": "where is my order"}).encode()
    lines = [b"\xef\xbb\xbf" + good, b'{"id": "b", "text": "caf\xe9"}', b'{"id": "c", "text": "x", "n": NaN}', good]
    result = CliRunner().invoke(app, [verb], input=b"\n".join(lines))
    assert result.exit_code == 1
    assert ["error" in json.loads(line) for line in result.stdout.splitlines()] == [False, True, True, False]
    assert result.stderr.splitlines() == ["line 2: no JSON", "line 3: no JSON"]


@pytest.mark.parametrize(("verb", "bad"), [("dedupe", False), ("redact", True), ("cluster", True)])
def test_half_a_surrogate_pair_ends_no_run(verb: str, bad: bool) -> None:
    app = typer.Typer()
    curation.register(app)
    lines = [json.dumps({"id": "a", "text": "cut \ud83d here"}), json.dumps({"id": "b", "text": "fine"})]
    result = CliRunner().invoke(app, [verb], input="\n".join(lines))
    assert result.exit_code == int(bad)
    assert ["error" in json.loads(line) for line in result.stdout.splitlines()] == [bad, False]
