"""The data set: pure. Which rows of the log become examples, in which text, and when the set is refused."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.events import ObservationClustered
from shared.events.calls import Answer, ToolDefinition
from shared.events.training import DatasetQuery
from shared.events.vocabulary import Split
from shared.ids import content_hash
from shared.prompting.calls import canonical_call, check_calls
from shared.prompting.render import render, render_answer
from shared.prompting.surrogates import Surrogates
from shared.prompting.template import Template

# A required argument of this many words on average that the request mostly does not contain is prose, not a value.
FREE_TEXT_WORDS = 4
FREE_TEXT_CONTAINED = 0.5
MAX_FREE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Row:
    """One example: the prompt a specialist will see, the completion it should write, and where both come from."""

    event_id: str
    episode: str
    family: str
    step_hash: str
    prompt: str
    completion: str
    answer: Answer
    tools: tuple[ToolDefinition, ...]

    @property
    def digest(self) -> str:
        return content_hash(self.prompt, self.completion)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of both sides in a fixed order. ``left_out`` counts rows by why they are not in it."""

    train: tuple[Row, ...]
    test: tuple[Row, ...]
    left_out: dict[str, int]
    free_arguments: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Over (event id, content digest) of every row, side by side."""
        parts = [f"{side}:{row.event_id}:{row.digest}" for side, rows in self.sides() for row in rows]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def sides(self) -> tuple[tuple[str, tuple[Row, ...]], ...]:
        return ("train", self.train), ("test", self.test)


def build_dataset(observations: Iterable[ObservationClustered], query: DatasetQuery, template: Template) -> Dataset:
    """Examples of a query's observations. The same observations, in any order, give the same data set."""
    left_out: Counter[str] = Counter()
    candidates: dict[Split, list[Row]] = defaultdict(list)
    seen: set[str] = set()
    for observation in sorted(observations, key=lambda o: content_hash("dataset", o.event_id)):
        reason = _unfit(observation, query)
        if reason is None and observation.event_id in seen:
            reason = "event_twice"
        if reason is not None:
            left_out[reason] += 1
            continue
        seen.add(observation.event_id)
        candidates[observation.split].append(_row(observation, template))
    train = _capped(candidates[Split.TRAIN], query.family_cap, query.max_rows)
    learned = {row.digest for row in train}
    episodes = {row.episode for row in train}
    test = [row for row in candidates[Split.TEST] if row.digest not in learned and row.episode not in episodes]
    left_out["test_copy_of_train"] += len(candidates[Split.TEST]) - len(test)
    return Dataset(
        train=tuple(train),
        test=tuple(_capped(test, query.family_cap, query.max_test_rows)),
        left_out={reason: count for reason, count in left_out.items() if count},
        free_arguments=free_arguments(train),
    )


def refusal(dataset: Dataset, min_rows: int, min_test_rows: int) -> tuple[str, str] | None:
    """Why this set must not be trained on, as (code, words), or ``None``."""
    if len(dataset.train) < min_rows:
        return "too_few_rows", f"{len(dataset.train)} of {min_rows} rows to learn from; left out: {dataset.left_out}"
    if len(dataset.test) < min_test_rows:
        return (
            "too_few_test_rows",
            f"{len(dataset.test)} of {min_test_rows} rows to test on; left out: {dataset.left_out}",
        )
    arguments = _arguments(dataset.train)
    free = set(dataset.free_arguments)
    if arguments and len(free) > MAX_FREE_SHARE * len(arguments):
        return "free_text_arguments", f"{len(free)} of {len(arguments)} arguments are prose: a judge is needed"
    required = {name for name in free if _is_required(name, dataset.train[0].tools)}
    if required:
        return "free_text_required", f"required argument {sorted(required)[0]} is prose: a judge is needed"
    return None


def free_arguments(rows: Sequence[Row]) -> tuple[str, ...]:
    """String arguments that are prose by the written rule above, as ``tool.argument``."""
    words: dict[str, list[int]] = defaultdict(list)
    contained: dict[str, int] = Counter()
    for row in rows:
        prompt = " ".join(row.prompt.casefold().split())
        for call in row.answer.tool_calls:
            name, arguments = canonical_call(call, row.tools)
            for key, value in arguments.items():
                if isinstance(value, str):
                    words[f"{name}.{key}"].append(len(value.split()))
                    contained[f"{name}.{key}"] += value in prompt
    return tuple(
        sorted(
            name
            for name, counts in words.items()
            if sum(counts) / len(counts) >= FREE_TEXT_WORDS and contained[name] / len(counts) < FREE_TEXT_CONTAINED
        )
    )


def _unfit(observation: ObservationClustered, query: DatasetQuery) -> str | None:
    if observation.cluster not in query.clusters or observation.task_key != query.task_key:
        return "other_cluster"
    if observation.repeat_of is not None or not observation.request.messages:
        return "repeat"
    if observation.untrainable_reason is not None:
        return f"untrainable_{observation.untrainable_reason}"
    if not observation.proof.rule_set or observation.anonymised:
        return "no_proof"
    if observation.answer is None or not observation.answer.tool_calls:
        return "no_call"
    if check_calls(observation.answer.tool_calls, observation.request.tools) is not None:
        return "answer_breaks_schema"
    if observation.split not in (Split.TRAIN, Split.TEST):
        return "no_split"
    return None


def _row(observation: ObservationClustered, template: Template) -> Row:
    surrogates = Surrogates(observation.event_id, "training")
    request = surrogates.request(observation.request)
    answer = surrogates.answer(observation.answer or Answer())
    return Row(
        event_id=observation.event_id,
        episode=observation.episode,
        family=observation.family,
        step_hash=observation.step_hash,
        prompt=render(request, template),
        completion=render_answer(answer, template),
        answer=answer,
        tools=request.tools,
    )


def _capped(rows: Sequence[Row], cap: int, limit: int) -> list[Row]:
    """At most ``limit`` rows, at most ``cap`` of a family; the cap is raised until the limit or all rows are used."""
    chosen: list[Row] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    largest = max(Counter(row.family for row in rows).values(), default=0)
    while len(chosen) < limit:
        for row in rows:
            if len(chosen) == limit:
                break
            if row.event_id not in taken and counts[row.family] < cap:
                chosen.append(row)
                taken.add(row.event_id)
                counts[row.family] += 1
        if cap >= largest:
            break
        cap *= 2
    return chosen


def _arguments(rows: Sequence[Row]) -> set[str]:
    return {
        f"{call.name}.{key}"
        for row in rows
        for call in row.answer.tool_calls
        for key in canonical_call(call, row.tools)[1]
    }


def _is_required(name: str, tools: Sequence[ToolDefinition]) -> bool:
    tool_name, _, argument = name.partition(".")
    for tool in tools:
        if tool.name == tool_name:
            return argument in json.loads(tool.parameters_json or "{}").get("required", [])
    return False
