"""Floors of quality on generated streams, without the sentence model: what every installation reaches."""

import random

import pytest
from sklearn.metrics import adjusted_rand_score

from services.cli.curation_cluster import TaskFinder
from services.clusterer.logic.discovery import Call
from shared.events.calls import ChatMessage, Request
from shared.tasks.features import Featuriser
from shared.tasks.matcher import MatcherIndex
from tests.bench.curation.streams import Line, functions_of_one_key, tool_calls

WRAPPERS = (
    "You are working for the back office of a large company. Read the request with care, decide which of the functions "
    "fits best and call it once. Never make up facts that the request does not hold. This is the request: {u}",
    "Ticket {n} came in through the {colour} queue and nobody has answered it yet. {u} Remember that every reply follows "
    "the style guide of the {colour} team, and hand the matter over to a colleague whenever you are unsure about it.",
)


def wrapped(lines: list[Line], wrappers: tuple[str, ...]) -> list[Line]:
    """Each request inside a long text that others have too, with small slots in it."""
    rng = random.Random(1)

    def inside(line: Line) -> Line:
        text = rng.choice(wrappers).format(
            u=line.value["text"], n=rng.randint(1, 999), colour=rng.choice(("red", "blue", "golden"))
        )
        return Line({**line.value, "text": text}, line.label)

    return [inside(line) for line in lines]


WORDINGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("book_desk", "floor", "day", "monitor"): (
        "I will be in on {n}",
        "somewhere to sit near {n}",
        "workplace {n} please",
    ),
    ("file_complaint", "subject", "body", "anonymous"): (
        "this is unfair: {n}",
        "tell them about {n}",
        "I am upset by {n}",
    ),
    ("borrow_book", "isbn", "branch", "weeks"): ("may I take {n} home", "lend me {n}", "got {n} on the shelf?"),
    ("water_plants", "zone", "litres", "delay_h"): ("{n} looks dry", "give the ferns a drink", "sprinkler {n}"),
    ("plan_shift", "worker", "weekday", "hours"): ("who covers {n}", "put K-{n} on the early turn", "rota for {n}"),
    ("hire_bike", "station", "minutes", "helmet"): ("two wheels from {n}", "I want to cycle", "unlock one at {n}"),
    ("sell_share", "ticker", "quantity", "limit_price"): ("out of {n} now", "cash in my stake", "get rid of {n} stock"),
    ("tune_piano", "address", "visit_on", "pitch_hz"): (
        "A4 sounds off",
        "my grand needs care",
        "strings {n} are loose",
    ),
}
"""Function and keys: what is said."""


def worded(count: int) -> list[Line]:
    """Calls of functions that share no key, one of them optional, each said in three ways that share no word."""
    rng = random.Random(count)
    lines = []
    for number in range(count):
        name, *keys = rng.choice(list(WORDINGS))
        said = rng.choice(WORDINGS[name, *keys]).format(n=rng.randint(1, 99))
        given = keys if rng.random() < 0.5 else keys[:-1]
        lines.append(Line({"id": str(number), "text": said, "argument_keys": given}, name))
    return lines


def found(featuriser: Featuriser, lines: list[Line], recluster_every: int = 0) -> list[str]:
    finder = TaskFinder(featuriser, None, recluster_every)
    placed = [finder.place(line.value) for line in lines]
    finder.finish()
    return [finder.final(one)["cluster"] for one in placed]


def test_forty_functions_are_told_apart_by_text_and_argument_keys(featuriser: Featuriser) -> None:
    lines = list(tool_calls(1500, 3))
    labels = [line.label for line in lines]
    assert adjusted_rand_score(labels, found(featuriser, lines)) >= 0.75
    assert adjusted_rand_score(labels, found(featuriser, lines, 400)) >= 0.75


def test_functions_that_share_their_keys_are_not_joined_for_being_neighbours(featuriser: Featuriser) -> None:
    """A heavy micro-cluster that is moved to the mean of its neighbours, each another function, ends in one heap with
    them: 0.18."""
    for lines in (list(functions_of_one_key(1500, 1)), list(functions_of_one_key(400, 5))):
        labels = [line.label for line in lines]
        assert adjusted_rand_score(labels, found(featuriser, lines)) >= 0.5
        assert adjusted_rand_score(labels, found(featuriser, lines, 400)) >= 0.5


@pytest.mark.parametrize("count", [300, 1500])
def test_wordings_of_one_function_are_joined_by_its_keys_however_many_calls_there_are(
    featuriser: Featuriser, count: int
) -> None:
    """Three wordings without a common word: 0.47 after 1,500 calls where text weighs as much as three keys do."""
    lines = worded(count)
    labels = [line.label for line in lines]
    assert adjusted_rand_score(labels, found(featuriser, lines)) >= 0.75


@pytest.mark.parametrize("wrappers", [WRAPPERS[:1], WRAPPERS])
def test_tasks_inside_of_boilerplate_are_told_apart(featuriser: Featuriser, wrappers: tuple[str, ...]) -> None:
    """Boilerplate of five times the length of what changes left one heap: 0.00."""
    for lines in (list(tool_calls(1500, 3)), list(functions_of_one_key(1500, 1))):
        labels = [line.label for line in lines]
        plain = adjusted_rand_score(labels, found(featuriser, lines))
        for every in (0, 400):
            inside = adjusted_rand_score(labels, found(featuriser, wrapped(lines, wrappers), every))
            assert inside >= min(0.75, plain - 0.1)


def test_an_instruction_that_is_the_task_stays_in_it(featuriser: Featuriser) -> None:
    """Three instructions over longer texts of any topic: what is shared here tells the task."""
    rng = random.Random(4)
    topics = sorted(
        {word for line in tool_calls(400, 2) for key in line.value["argument_keys"] for word in key.split("_")}
    )
    instructions = (
        "Summarise the messages below in one line for the weekly report",
        "Translate the text below and keep the polite form of address",
        "Which of our departments should answer the questions below",
    )
    lines, labels = [], []
    for number in range(400):
        labels.append(rng.choice(instructions))
        text = f"{labels[-1]}: {' '.join(rng.sample(topics, 24))}"
        lines.append(Line({"id": str(number), "text": text}, labels[-1]))
    finder = TaskFinder(featuriser, None)
    for line in lines:
        finder.place(line.value)
    assert not any(shard.boilerplate for shard in finder.discovery.shards.values())


def test_a_matcher_leaves_out_the_boilerplate_that_the_clusterer_leaves_out(featuriser: Featuriser) -> None:
    lines = wrapped(list(tool_calls(1200, 6)), WRAPPERS)
    finder = TaskFinder(featuriser, None)
    router = MatcherIndex(featuriser)
    matched = 0
    for line in lines:
        request = Request(messages=(ChatMessage(role="user", content=line.value["text"]),))
        call = Call(line.value["id"], "k", "user:-", "", 0, featuriser.raw(request), None)
        routed = router.match(request, "k")
        placed = finder.discovery.place(call)
        assert (routed.version if routed else 0) == placed.version
        matched += routed is not None
        for change in finder.discovery.changes():
            router.update(change.cluster, change)
    assert matched >= 0.5 * len(lines)
    assert any(shard.boilerplate for shard in finder.discovery.shards.values())


def test_more_lines_of_the_same_tasks_keep_their_ids(featuriser: Featuriser) -> None:
    lines = list(tool_calls(2400, 4))
    finder = TaskFinder(featuriser, None)
    placed = [finder.place(line.value) for line in lines[:1600]]
    finder.finish()
    before = [finder.final(one)["cluster"] for one in placed]
    for line in lines[1600:]:
        finder.place(line.value)
    finder.finish()
    after = [finder.final(one)["cluster"] for one in placed]
    assert sum(one == two for one, two in zip(before, after, strict=True)) >= 0.92 * len(before)


def test_a_scan_of_unlike_texts_stays_inside_the_bounds(featuriser: Featuriser) -> None:
    finder = TaskFinder(featuriser, None)
    finder.discovery.parameters = type(finder.discovery.parameters)(
        max_micros=64, max_regrouped=48, recluster_records=2**62
    )
    for number, line in enumerate(tool_calls(600, 5)):
        finder.place({"id": str(number), "text": line.value["text"], "argument_keys": [f"k{number}", f"l{number}"]})
    finder.finish()
    assert len(finder.discovery.micros) <= 64
    assert len(finder.discovery.clusters) <= 64
