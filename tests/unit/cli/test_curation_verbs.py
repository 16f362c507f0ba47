"""The offline verbs of curation: one line out per line in, the same logic as the services."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.cli.curation import register


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    register(app)
    return app


def run(app: typer.Typer, arguments: list[str], lines: list[Any], code: int = 0) -> list[dict[str, Any]]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    result = CliRunner().invoke(app, arguments, input=text)
    assert result.exit_code == code, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_redact_text_and_calls(app: typer.Typer) -> None:
    text = "I am Maria Garcia, maria@example.com"
    call = {
        "messages": [
            {"role": "user", "content": text},
            {"role": "user", "content": [{"type": "text", "text": "maria@example.com"}]},
        ],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "of bob@example.com", "parameters": {"a": 1}}}
        ],
        "response": {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "1",
                    "type": "function",
                    "function": {"name": "f", "arguments": '{"email": "maria@example.com"}'},
                }
            ],
        },
    }
    first, second = run(app, ["redact"], [{"text": text, "id": 7}, call])
    assert first["text"] == "I am ⟦NAME_1⟧, ⟦EMAIL_1⟧"
    assert first["id"] == 7
    assert [text[span["start"] : span["end"]] for span in first["spans"]] == ["Maria Garcia", "maria@example.com"]
    assert {span["path"] for span in first["spans"]} == {"text"}
    assert second["messages"][1]["content"] == [{"type": "text", "text": "⟦EMAIL_1⟧"}]
    assert second["response"]["tool_calls"][0]["function"]["arguments"] == '{"email": "⟦EMAIL_1⟧"}'
    assert second["tools"][0]["function"] == {"name": "f", "description": "of ⟦EMAIL_2⟧", "parameters": {"a": 1}}
    assert "response.tool_calls[0].function.arguments" in {span["path"] for span in second["spans"]}


def test_spans_count_in_the_strings_of_the_line_and_say_on_request_which_rule_found_them(app: typer.Typer) -> None:
    of: list[Any] = [{"note": 'say "hi" to bob@example.com'}, 4111111111111111]
    tool = {"name": "f", "parameters": {"on": True, "of": of}}
    said = [{"type": "text", "text": "x"}, {"type": "text", "text": 'é "ann@example.com"'}]
    line = {"messages": [{"role": "user", "content": said}], "tools": [{"type": "function", "function": tool}]}
    assert not any("rule" in span for span in run(app, ["redact"], [line])[0]["spans"])
    (result,) = run(app, ["redact", "--explain"], [line])
    assert [(span["path"], span["type"], span["rule"]) for span in result["spans"]] == [
        ("messages[0].content[1].text", "EMAIL", "mail address"),
        ("tools[0].function.parameters.of[0].note", "EMAIL", "mail address"),
        ("tools[0].function.parameters.of[1]", "CARD", "card with check digit"),
    ]
    found = [text[span["start"] : span["end"]] for text, span in zip(
        (said[1]["text"], of[0]["note"], "4111111111111111"), result["spans"], strict=True
    )]  # fmt: skip
    assert found == ["ann@example.com", "bob@example.com", "4111111111111111"]


def test_profiles_differ(app: typer.Typer) -> None:
    line = {"text": "seen on 2026-03-02"}
    assert run(app, ["redact"], [line])[0]["text"] == line["text"]
    assert run(app, ["redact", "--profile", "hipaa"], [line])[0]["text"] == "seen on ⟦DATE_1:iso.mon+0⟧"


def test_bad_lines_keep_their_place_and_set_the_exit_code(app: typer.Typer) -> None:
    lines = [
        '{"text": "ok"}',
        "no json with secret@example.com",
        "[1]",
        '{"text": 7}',
        '{"messages": [{"content": [{"type": "image_url"}]}]}',
    ]
    text = "\n".join(lines) + "\n"
    result = CliRunner().invoke(app, ["redact"], input=text)
    assert result.exit_code == 1
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert [sorted(line) for line in out] == [["spans", "text"], ["error"], ["error"], ["error"], ["error"]]
    assert [f"line {number}:" in result.stderr for number in range(1, 6)] == [False, True, True, True, True]
    assert "secret" not in result.output


def test_lines_that_come_together_are_redacted_as_one_by_one(app: typer.Typer) -> None:
    """A line that the redactor refuses, here for half of a surrogate pair, takes none of its neighbours with it."""
    lines: list[Any] = [{"text": f"{n}: mail ann{n}@example.com, born 1971-03-{1 + n % 28:02}"} for n in range(150)]
    lines[60] = '{"text": "half \\ud800 of a pair, bob@example.com"}'
    together = run(app, ["redact"], lines, code=1)
    assert together[60] == {"error": "no Unicode text"}
    for n in (0, 59, 61, 99, 100, 149):
        assert run(app, ["redact"], [lines[n]]) == [together[n]]
        assert together[n]["text"].startswith(f"{n}: mail ⟦EMAIL_1⟧, born ⟦DOB_1:")


def test_dedupe_carries_its_window_from_run_to_run(app: typer.Typer, tmp_path: Path) -> None:
    words = " ".join(f"w{number}" for number in range(30))
    lines = [
        {"id": "a", "text": words},
        {"id": "b", "text": words},
        {"id": "c", "text": f"{words} x"},
        {"id": "d", "text": words, "key": "k"},
    ]
    state = ["--state", str(tmp_path / "s")]
    whole = run(app, ["dedupe"], lines)
    assert whole == [
        {"id": "a", "duplicate_of": None, "similarity": None, "repeat": False},
        {"id": "b", "duplicate_of": "a", "similarity": 1.0, "repeat": True},
        {"id": "c", "duplicate_of": "a", "similarity": pytest.approx(30 / 31), "repeat": False},
        {"id": "d", "duplicate_of": None, "similarity": None, "repeat": False},
    ]
    assert run(app, ["dedupe", *state], lines[:2]) + run(app, ["dedupe", *state], lines[2:]) == whole
    (tmp_path / "s" / "window.json").write_text('{"parameters": "old"}')
    result = CliRunner().invoke(app, ["dedupe", *state], input="")
    assert result.exit_code != 0


def test_cluster_places_lines_under_the_final_map_and_goes_on_from_its_state(app: typer.Typer, tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [{"id": f"{n}", "text": f"book a table for {n} please"} for n in range(15)]
    lines += [
        {"id": f"w{n}", "text": f"will it rain on day {n}?", "tools": ["rain"], "argument_keys": ["day"]}
        for n in range(15)
    ]
    out = run(app, ["cluster", "--state", str(tmp_path), "--recluster-every", "10"], lines)
    assert [line["id"] for line in out] == [line["id"] for line in lines]
    assert len({line["cluster"] for line in out[:15]}) == len({line["cluster"] for line in out[15:]}) == 1
    assert out[0]["cluster"] != out[15]["cluster"]
    (again,) = run(app, ["cluster", "--state", str(tmp_path)], [{"id": "z", "text": "book a table for 99 please"}])
    assert again["cluster"] == out[0]["cluster"]


@pytest.mark.parametrize("verb", ["dedupe", "cluster"])
def test_an_id_may_be_a_whole_number_and_comes_back_as_one(app: typer.Typer, tmp_path: Path, verb: str) -> None:
    text = "book a table for two people near the old harbour"
    state = [verb, "--state", str(tmp_path)]
    first, second = run(app, state, [{"id": 7, "text": text}, {"id": "7", "text": text}])
    (third,) = run(app, state, [{"id": -1, "text": text}])
    assert [first["id"], second["id"], third["id"]] == [7, "7", -1]
    if verb == "dedupe":
        assert second["duplicate_of"] == third["duplicate_of"] == 7
    assert (
        run(app, [verb], [{"id": True, "text": text}, {"id": 1.5, "text": text}], code=1)
        == [{"error": "'id' is missing, or neither text nor a whole number"}] * 2
    )


@pytest.mark.parametrize("verb", ["redact", "dedupe", "cluster"])
def test_a_dash_is_standard_input_and_what_is_no_file_is_named(app: typer.Typer, verb: str) -> None:
    assert run(app, [verb, "-"], [{"id": "a", "text": "pay the bill"}])[0].get("error") is None
    missing = CliRunner().invoke(app, [verb, "missing.jsonl"])
    assert missing.exit_code == 2
    assert "missing.jsonl is no file" in missing.output


def test_a_file_is_read_where_one_is_named(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "x"}\n')
    assert run(app, ["redact", str(tmp_path / "in.jsonl")], []) == [{"text": "x", "spans": []}]
