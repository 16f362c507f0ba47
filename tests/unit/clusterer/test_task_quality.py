"""Floors of quality on generated streams, without the sentence model: what every installation reaches."""

from sklearn.metrics import adjusted_rand_score

from services.cli.curation_cluster import TaskFinder
from shared.tasks.features import Featuriser
from tests.bench.curation.streams import Line, functions_of_one_key, tool_calls


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
    lines = list(functions_of_one_key(1500, 1))
    labels = [line.label for line in lines]
    assert adjusted_rand_score(labels, found(featuriser, lines)) >= 0.5
    assert adjusted_rand_score(labels, found(featuriser, lines, 400)) >= 0.5


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
