"""The matcher: the same code before the call and after it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from shared.events.calls import ChatMessage, Request
from shared.events.clusters import ClusterChanged, Matcher
from shared.events.vocabulary import ClusterState
from shared.tasks import features
from shared.tasks.features import Featuriser, Vector
from shared.tasks.matcher import MatcherIndex


@pytest.fixture(scope="module")
def featuriser() -> Featuriser:
    return Featuriser(features.load_wordllama())


def ask(text: str) -> Request:
    return Request(messages=(ChatMessage(role="user", content=text),))


def published(cluster: str, vector: Vector, radius: float = 0.5, **more: object) -> ClusterChanged:
    matcher = Matcher(
        version=1,
        task_key="k",
        sub_key="user:-",
        dimension=features.DIMENSION,
        vectors=vector.astype("<f2").tobytes(),
        radii=(radius,),
        feature_mean=features.default_mean().astype("<f2").tobytes(),
        idf=dict(features.WEIGHTS),
        feature_version=features.FEATURE_VERSION,
    )
    event = ClusterChanged(
        cluster=cluster, task_key="k", tenant="t", state=ClusterState.BORN, label="x", matcher=matcher, changed_at_ms=1
    )
    return replace(event, **more)  # type: ignore[arg-type]


def test_the_nearest_representative_inside_its_radius_wins(featuriser: Featuriser) -> None:
    index = MatcherIndex(featuriser)
    index.update("book", published("book", featuriser.vector(ask("Book a table for two"))))
    index.update("track", published("track", featuriser.vector(ask("Where is my parcel?"))))
    match = index.match(ask("Please book a table for 9 on Monday under Maria Garcia"), "k")
    assert match is not None
    assert (match.cluster, match.version, match.epoch) == ("book", 1, 1)
    assert match.similarity >= 0.5
    assert index.match(ask("Translate this poem"), "k") is None


def test_other_task_keys_and_sub_keys_never_match(featuriser: Featuriser) -> None:
    index = MatcherIndex(featuriser)
    request = ask("Book a table for two")
    index.update("book", published("book", featuriser.vector(request)))
    assert index.match(request, "other") is None
    assert index.match(replace(request, messages=(ChatMessage(role="tool", content="{}"),)), "k") is None


def test_merged_retired_and_foreign_matchers_are_taken_out(featuriser: Featuriser) -> None:
    index = MatcherIndex(featuriser)
    request = ask("Book a table for two")
    event = published("book", featuriser.vector(request))
    assert event.matcher is not None
    for gone in (
        None,
        replace(event, matcher=None, merged_into="other", state=ClusterState.MERGED),
        replace(event, matcher=replace(event.matcher, feature_version="older")),
        replace(event, matcher=replace(event.matcher, vectors=b"short")),
    ):
        index.update("book", event)
        assert index.match(request, "k") is not None
        index.update("book", gone)
        assert index.match(request, "k") is None
        assert len(index) == 0


def test_a_newer_version_replaces_the_older(featuriser: Featuriser) -> None:
    index = MatcherIndex(featuriser)
    request = ask("Book a table for two")
    event = published("book", featuriser.vector(request))
    assert event.matcher is not None
    index.update("book", event)
    index.update("book", replace(event, epoch=2, matcher=replace(event.matcher, version=7)))
    match = index.match(request, "k")
    assert match is not None
    assert (match.version, match.epoch) == (7, 2)


@pytest.mark.parametrize("text", ["", "7", "⟦NAME_1⟧", "x" * 200_000, "你好，请预订一张桌子", "{" * 10_000, "🙂"])
def test_odd_texts_have_finite_unit_vectors(featuriser: Featuriser, text: str) -> None:
    vector = featuriser.vector(ask(text))
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-3)


def test_a_vector_does_not_depend_on_the_rest_of_the_batch() -> None:
    embed = features.load_wordllama()
    texts: Sequence[str] = ["book a table", "", "where is my order and why is it late"]
    together = embed(texts)
    assert all((embed([text])[0] == row).all() for text, row in zip(texts, together, strict=True))


def test_extra_tokens_and_json_keys_count_as_structure(featuriser: Featuriser) -> None:
    plain = featuriser.vector(ask("run it"))
    extra = featuriser.vector(ask("run it"), extra=("lookup", "city"))
    keyed = featuriser.vector(ask('{"invoice_id": "run it"}'))
    assert 0.5 < float(plain @ extra) < 0.999
    assert 0.5 < float(plain @ keyed) < 0.999
