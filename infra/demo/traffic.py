"""The demo's traffic: episodes of narrow tasks, real function-calling prompts beside them, repeats and near-repeats.

Everything follows from the seed. Each step carries its own right answer: the replay teacher gives it, and the report
judges every answer by it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from infra.demo.tasks import TASKS, Filling, NarrowTask

FOLLOW_UP_SHARE = 0.1
TEXT_REPLY_SHARE = 0.06
REPEAT_SHARE = 0.04
NEAR_REPEAT_SHARE = 0.06
# Weights of calls: the four tasks with copied arguments, the hard one, and everything else.
WEIGHTS = {"refund": 0.27, "ticket": 0.27, "forecast": 0.27, "order-status": 0.07, "schedule": 0.05}
BFCL_NAME = "bfcl"
BFCL_FILES = ("BFCL_v4_simple_python.json", "BFCL_v4_multiple.json")


@dataclass(frozen=True, slots=True)
class Step:
    """One call an agent makes. ``expected``: the tool calls that are right, empty where the right answer is text."""

    task: str
    messages: tuple[dict[str, Any], ...]
    tools: tuple[dict[str, Any], ...]
    expected: tuple[tuple[str, dict[str, Any]], ...]
    text: str | None = None
    planted: tuple[str, ...] = ()


@dataclass(slots=True)
class Episode:
    """Steps that share an episode id; each later step continues the conversation of the one before."""

    id: str
    steps: list[Step] = field(default_factory=list)


class Traffic:
    """Endless episodes of one task. Agents draw from their own instance, so rates can differ by task."""

    def __init__(self, task: str, seed: int) -> None:
        self._rng = Random(f"{task}-{seed}")  # noqa: S311 - traffic that must repeat
        self._task = next((known for known in TASKS if known.name == task), None)
        self._name = task
        self._bfcl = bfcl_steps() if task == BFCL_NAME else []
        self._number = 0
        self._past: list[Step] = []

    def __iter__(self) -> Iterator[Episode]:
        while True:
            yield self.next()

    def next(self) -> Episode:
        self._number += 1
        episode = Episode(f"{self._name}-{self._number}")
        if self._task is None:
            episode.steps.append(self._rng.choice(self._bfcl))
            return episode
        draw = self._rng.random()
        if self._past and draw < REPEAT_SHARE:
            episode.steps.append(self._rng.choice(self._past))
            return episode
        if self._past and draw < REPEAT_SHARE + NEAR_REPEAT_SHARE:
            episode.steps.append(_nearly(self._rng.choice(self._past), self._rng))
            return episode
        first = _step(self._task, (), self._task.fill(self._rng))
        episode.steps.append(first)
        self._past = [*self._past[-200:], first]
        follow = self._rng.random()
        if follow < TEXT_REPLY_SHARE:
            episode.steps.append(_text_step(self._task, first))
        elif follow < TEXT_REPLY_SHARE + FOLLOW_UP_SHARE:
            episode.steps.append(_step(self._task, _answered(first), self._task.fill(self._rng)))
        return episode


def _step(task: NarrowTask, history: tuple[dict[str, Any], ...], filling: Filling) -> Step:
    start = history or ({"role": "system", "content": task.system},)
    return Step(
        task=task.name,
        messages=(*start, {"role": "user", "content": filling.text}),
        tools=task.tools,
        expected=((filling.tool, filling.arguments),),
        planted=filling.planted,
    )


def _answered(step: Step) -> tuple[dict[str, Any], ...]:
    """The conversation after a right answer, its tool result and a closing sentence."""
    return (*_called(step), {"role": "assistant", "content": "Done."})


def _called(step: Step) -> tuple[dict[str, Any], ...]:
    name, arguments = step.expected[0]
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    result = {"role": "tool", "tool_call_id": "call_1", "content": '{"ok": true}'}
    return (*step.messages, {"role": "assistant", "content": None, "tool_calls": [call]}, result)


def _text_step(task: NarrowTask, step: Step) -> Step:
    return Step(task.name, _called(step), task.tools, (), text="That is done. Is there anything else I can do for you?")


def _nearly(step: Step, rng: Random) -> Step:
    """The same request in slightly other words: a member of its family, not a repeat."""
    last = dict(step.messages[-1])
    last["content"] = f"{last['content'].rstrip('.')} {rng.choice(('please', 'today', 'if you can', 'right away'))}."
    return replace(step, messages=(*step.messages[:-1], last))


def bfcl_steps() -> list[Step]:
    """Function-calling prompts with their right answers from the package ``bfcl-eval`` (Apache-2.0)."""
    spec = find_spec("bfcl_eval")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package bfcl-eval is not installed: run make setup")
    folder = Path(spec.origin).parent / "data"
    steps = []
    for name in BFCL_FILES:
        answers = {row["id"]: row["ground_truth"] for row in _lines(folder / "possible_answer" / name)}
        for row in _lines(folder / name):
            step = _bfcl_step(row, answers.get(row["id"]))
            if step is not None:
                steps.append(step)
    return steps


def _bfcl_step(row: dict[str, Any], truth: Any) -> Step | None:
    if not truth or len(row["question"]) != 1:
        return None
    expected = []
    for call in truth:
        for name, accepted in call.items():
            # Each argument lists accepted values; an empty text among them means that it may be left out.
            arguments = {key: values[0] for key, values in accepted.items() if values and values[0] != ""}
            expected.append((_tool_name(name), arguments))
    tools = tuple(
        {"type": "function", "function": {**function, "name": _tool_name(function["name"])}}
        for function in row["function"]
    )
    return Step(BFCL_NAME, tuple(row["question"][0]), tools, tuple(expected))


def _tool_name(name: str) -> str:
    return name.replace(".", "_")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)
