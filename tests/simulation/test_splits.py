"""A cluster that turns out to be two tasks, with the real clusterer, dispatcher and promoter on the in-memory log.

While its answers call two tools it is measured and refused. The parent is told as split under a higher epoch and is named by its child; the job in hand ends and is asked for anew
from the calls since; a ramping specialist goes back to shadow, and whatever the router reads first of that, it
keeps to the frontier model from then on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from services.clusterer.logic.parameters import Parameters
from services.clusterer.processor import application as clusterer
from services.promoter.processor import application as promoter
from services.router.logic import Decision, Health, Limits, TaskFeatures, decide
from services.router.snapshot import SnapshotHolder
from services.trainer_dispatcher.processor import application as dispatcher
from shared.brokers.memory import MemoryBroker
from shared.brokers.memory_cluster import MemoryCluster
from shared.events import AssignmentChanged, ClusterChanged, ModelRegistered, TrainingCompleted, TrainingRequested
from shared.events.calls import Answer, ChatMessage, Request, ToolCall, ToolDefinition
from shared.events.observations import ObservationUnique, RedactionProof
from shared.events.vocabulary import ClusterState, ModelKind, Stage, TrainingStatus
from shared.lifecycle import make_dead_letter
from shared.policy import Policy
from shared.prompting.template import COMPACT_CHATML
from shared.stream.broker import NewTopic, OutRecord
from shared.stream.runner import Runner
from shared.tasks.features import Featuriser, load_wordllama
from shared.tasks.matcher import MatcherIndex
from tests.simulation.test_training_jobs_under_faults import BASE, CODEC, FRONTIER, PARTITIONS, POLICY, TIMING
from tests.simulation.virtual_time import LoopClock, inline, run_virtually
from tests.unit.promoter.test_promotion_stages import comparison

TASKS = {"rain": "will it rain in the {} town tomorrow", "refund": "please refund my broken {} order"}
WORDS = "small red old green quiet busy big".split()  # noqa: SIM905
TOOLS = tuple(ToolDefinition(name=name, parameters_json="{}") for name in TASKS)
# Everything is one cluster until the first recluster tells the two tasks apart.
PARAMETERS = Parameters(
    merge_cut=-1.0, radius=-1.0, pure_radius=-1.0, born_size=10, freeze_size=1000, recluster_records=200,
    recluster_ms=20_000, split_families=1,
)  # fmt: skip


def call(number: int) -> ObservationUnique:
    tool = sorted(TASKS)[number % 2]
    text = TASKS[tool].format(WORDS[number % 7])
    return ObservationUnique(
        event_id=f"e{number}", tenant="t", episode=f"p{number}", occurred_at_ms=LoopClock().now_ms(),
        request=Request(messages=(ChatMessage(role="user", content=text),), tools=TOOLS),
        answer=Answer(tool_calls=(ToolCall(name=tool, arguments_json="{}"),)), attempts=(FRONTIER,),
        proof=RedactionProof(rule_set="r", profile="pii", counts={}, source_partition=0, source_offset=number),
        task_key="k", template_id="t", tool_signature="s", step_hash=f"s{number}", answer_hash="a", fingerprint=f"f{number}",
        family=f"e{number}",
    )  # fmt: skip


class Pipeline:
    """The three services, each as one process."""

    def __init__(self, featuriser: Featuriser, policy: Policy = POLICY) -> None:
        self.cluster = MemoryCluster(LoopClock(), rebalance_timeout_s=2.0)
        self.applications = (
            clusterer(featuriser=featuriser, parameters=PARAMETERS),
            dispatcher(policy, 0.5),
            promoter(policy, "base/frontier"),
        )
        names = {"observation.clustered", "cluster.measured", "training.declined", "training.requested"}
        names |= {"promotion.audit", "model.registered"}
        for application in self.applications:
            names |= {*application.topics, *application.broadcasts}
            names |= {f"{application.name}.{store.name}.changelog" for store in application.stores}
        for name in sorted(names):
            self.cluster.create_topic(NewTopic(name, PARTITIONS))
        self.cluster.create_topic(NewTopic("dead.letter", 1))

    def write(self, topic: str, key: str, events: Sequence[object]) -> None:
        for event in events:
            self.cluster.append(OutRecord(topic, key.encode(), CODEC.encode(topic, event)))
        self.cluster.wake()

    def events(self, topic: str) -> list[Any]:
        return [CODEC.decode(topic, record.value or b"") for record in self.cluster.records(topic)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(120):
            while not condition():
                await asyncio.sleep(0.5)

    async def play(self, story: Callable[["Pipeline"], Awaitable[None]]) -> None:
        base = ModelRegistered(
            model=BASE, kind=ModelKind.BASE, model_name="small", safety_grade="B", eval_scores={}, registered_at_ms=1,
            cost_per_1k_input_usd=0.00002, cost_per_1k_output_usd=0.0003, context_len=2048,
        )  # fmt: skip
        self.write("model.registered", BASE, [base])
        stop = asyncio.Event()
        runners = [
            asyncio.create_task(
                Runner(
                    application, MemoryBroker(self.cluster, application.name), CODEC,
                    make_dead_letter=make_dead_letter, clock=LoopClock(), timing=TIMING, offload=inline,
                ).run(stop, grace_s=5.0)
            )
            for application in self.applications
        ]  # fmt: skip
        self.write("observation.unique", "k", [call(number) for number in range(120)])
        await self.until(lambda: bool(self.events("training.requested") or self.events("training.declined")))
        await story(self)
        stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*runners)
        assert not self.cluster.records("dead.letter")

    async def split(self) -> tuple[ClusterChanged, ClusterChanged]:
        """More of the same calls, past the day of the recluster: parent and child as they are told."""
        await asyncio.sleep(30)
        self.write("observation.unique", "k", [call(number) for number in range(120, 260)])
        await self.until(lambda: any(event.parents for event in self.events("cluster.changed")))
        changes = self.events("cluster.changed")
        child = next(event for event in changes if event.parents)
        parent = next(event for event in changes if event.cluster == child.parents[0] and event.epoch > 1)
        return parent, child


@pytest.fixture(scope="module")
def featuriser() -> Featuriser:
    return Featuriser(load_wordllama())


def test_a_job_ends_with_the_split_of_its_cluster_and_is_asked_for_anew(featuriser: Featuriser) -> None:
    async def story(pipeline: Pipeline) -> None:
        (first,) = pipeline.events("training.requested")
        parent, child = await pipeline.split()
        assert (parent.cluster, parent.state, parent.epoch) == (first.cluster, ClusterState.SPLIT, 2)
        assert (child.state, child.epoch, child.parents) == (ClusterState.BORN, 2, (parent.cluster,))
        assert parent.matcher is not None and child.matcher is not None

        def requests(cluster: str) -> list[TrainingRequested]:
            return [event for event in pipeline.events("training.requested") if event.cluster == cluster]

        await pipeline.until(lambda: len(requests(parent.cluster)) > 1 and bool(requests(child.cluster)))
        anew = requests(parent.cluster)[1]
        assert (anew.epoch, anew.version) == (2, 2)
        assert anew.job_id != first.job_id and anew.fencing_token > first.fencing_token
        assert anew.dataset.ranges[0].start >= first.dataset.ranges[0].end
        assert requests(child.cluster)[0].epoch == 2

    run_virtually(Pipeline(featuriser).play(story))


def test_an_impure_cluster_is_measured_and_refused_and_its_parts_are_trained(featuriser: Featuriser) -> None:
    training = POLICY.training.model_copy(update={"min_purity": 0.9})

    async def story(pipeline: Pipeline) -> None:
        (declined,) = pipeline.events("training.declined")
        (measured,) = pipeline.events("cluster.measured")
        assert (declined.reason, declined.cluster) == ("impure", measured.cluster)
        assert "50" in declined.detail or "0.5" in declined.detail
        assert measured.purity == pytest.approx(0.5)
        assert not pipeline.events("training.requested")
        parent, child = await pipeline.split()
        await pipeline.until(lambda: len(pipeline.events("training.requested")) == 2)
        requests = pipeline.events("training.requested")
        assert {request.cluster for request in requests} == {parent.cluster, child.cluster}
        assert {request.epoch for request in requests} == {2}
        pure = {event.cluster: event.purity for event in pipeline.events("cluster.measured")}
        assert {pure[request.cluster] for request in requests} == {1.0}

    run_virtually(Pipeline(featuriser, POLICY.model_copy(update={"training": training})).play(story))


def completed(request: TrainingRequested) -> TrainingCompleted:
    return TrainingCompleted(
        job_id=request.job_id, cluster=request.cluster, attempt=1, fencing_token=request.fencing_token,
        status=TrainingStatus.SUCCEEDED, model=f"task-{request.cluster}@v1", base_model=BASE, metrics={"parity": 1.0},
        max_prompt_tokens=480, prompt_template_hash=COMPACT_CHATML.hash, completed_at_ms=LoopClock().now_ms(), epoch=request.epoch,
    )  # fmt: skip


class Router:
    """The router's own decision over what it has read so far."""

    def __init__(self, featuriser: Featuriser) -> None:
        self.holder = SnapshotHolder(MatcherIndex(featuriser))

    def read(self, *events: object) -> None:
        for event in events:
            if isinstance(event, ClusterChanged):
                self.holder.cluster(event)
            elif isinstance(event, AssignmentChanged):
                self.holder.assign(event)
            elif isinstance(event, ModelRegistered):
                self.holder.model(event)

    def decisions(self) -> list[Decision]:
        """For calls of a hundred episodes."""
        found = []
        for number in range(200, 300):
            asked = call(number)
            match = self.holder.matcher.match(asked.request, asked.task_key)
            assert match is not None
            features = TaskFeatures(
                tenant="t", episode=asked.episode, task_key="k", prompt_tokens=400, specialist_tokens=60,
                fits_specialists=True, in_tool_loop=False, cluster=match.cluster, similarity=match.similarity,
                matcher_version=match.version, epoch=match.epoch,
            )  # fmt: skip
            found.append(
                decide(features, Limits(), self.holder.current, POLICY, Health(), "base/frontier", "salt", 10**13)
            )
        return found


@pytest.mark.parametrize("first", [ClusterChanged, AssignmentChanged])
def test_no_call_goes_to_a_specialist_whose_proof_is_older_than_the_split(featuriser: Featuriser, first: type) -> None:
    async def story(pipeline: Pipeline) -> None:
        (request,) = pipeline.events("training.requested")
        pipeline.write("training.completed", request.cluster, [completed(request)])
        model = f"task-{request.cluster}@v1"
        proofs = [
            replace(comparison(number), cluster=request.cluster, model=model, compared_at_ms=LoopClock().now_ms())
            for number in range(POLICY.promotion.min_shadow_calls + 60)
        ]
        await pipeline.until(lambda: bool(pipeline.events("assignment.changed")))
        pipeline.write("shadow.compared", request.cluster, proofs)
        await pipeline.until(lambda: pipeline.events("assignment.changed")[-1].action == "ramp")
        topics = ("model.registered", "cluster.changed", "assignment.changed")
        router = Router(featuriser)
        frontier = replace(
            pipeline.events("model.registered")[0], model="base/frontier", kind=ModelKind.FRONTIER, safety_grade="A",
            supported_clusters=("*",), context_len=100_000, cost_per_1k_input_usd=0.002, cost_per_1k_output_usd=0.008,
        )  # fmt: skip
        router.read(frontier, *(event for topic in topics for event in pipeline.events(topic)))
        assert model in {decision.primary_model for decision in router.decisions()}
        seen = {topic: len(pipeline.events(topic)) for topic in topics}
        await pipeline.split()
        await pipeline.until(lambda: len(pipeline.events("assignment.changed")) > seen["assignment.changed"])
        back = pipeline.events("assignment.changed")[-1]
        assert back.challenger is not None and back.primary is None
        assert (back.epoch, back.challenger.stage, back.challenger.share) == (2, Stage.SHADOW, 0.0)
        news = [event for topic in topics[1:] for event in pipeline.events(topic)[seen[topic] :]]
        news = [event for event in news if event.cluster == request.cluster and event.epoch > 1]
        assert {type(event) for event in news} == {ClusterChanged, AssignmentChanged}
        for event in sorted(news, key=lambda event: not isinstance(event, first)):
            router.read(event)
            assert {decision.primary_model for decision in router.decisions()} == {"base/frontier"}

    run_virtually(Pipeline(featuriser).play(story))
