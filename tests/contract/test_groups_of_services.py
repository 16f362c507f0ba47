"""The operator's table of consumer groups is what the services really read."""

from infra.local.settings import CHECKOUT
from services.cli.lag import GROUPS
from services.recorder import processor as recorder
from services.scoreboard import adapters as scoreboard
from services.shadow_evaluator import processor as shadow_evaluator
from tests.contract.test_topics_of_services import APPLICATIONS, TOPICS


def test_the_groups_are_the_services_and_read_what_is_listed() -> None:
    for service, build in APPLICATIONS.items():
        assert GROUPS[service] == build().topics
    assert GROUPS[recorder.GROUP] == recorder.TOPICS
    assert set(GROUPS[scoreboard.GROUP]) == set(scoreboard.INPUTS)
    assert GROUPS["shadow_evaluator"] == (shadow_evaluator.SOURCE,)
    worker = (CHECKOUT / "services" / "trainer_worker" / "processor.py").read_text()
    assert f'topics=("{GROUPS["trainer_worker"][0]}",)' in worker


def test_every_group_is_a_registered_consumer_of_its_topics() -> None:
    for group, topics in GROUPS.items():
        assert all(group in TOPICS[topic].consumers for topic in topics)
