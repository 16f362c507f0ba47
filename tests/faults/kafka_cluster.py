"""Three Kafka brokers on one host: replication 3, min in-sync replicas 2, each broker also a controller."""

from pathlib import Path

from infra.local.kafka import KafkaServer, new_cluster_id
from infra.local.ports import LOOPBACK, free_port

BROKERS = 3
REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    # With shorter sessions a busy host fences brokers that live.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "controlled.shutdown.enable": "true",
}


class Node(KafkaServer):
    """One broker of a cluster: formatted with the cluster's id."""

    cluster_id = ""

    def _format_arguments(self, properties_file: Path) -> tuple[str, ...]:
        return ("format", "-t", self.cluster_id, "-c", str(properties_file))


class KafkaCluster:
    """``bootstrap`` names all three. A killed broker keeps its port and data and can be started again."""

    def __init__(self, home: Path) -> None:
        controllers = [free_port() for _ in range(BROKERS)]
        voters = ",".join(f"{number + 1}@{LOOPBACK}:{port}" for number, port in enumerate(controllers))
        cluster_id = new_cluster_id()
        self.brokers = [
            Node(
                home / f"broker-{number + 1}",
                port=free_port(),
                controller_port=controllers[number],
                properties={**REPLICATED, "node.id": str(number + 1), "controller.quorum.voters": voters},
            )
            for number in range(BROKERS)
        ]
        for broker in self.brokers:
            broker.cluster_id = cluster_id

    @property
    def bootstrap(self) -> str:
        return ",".join(broker.address for broker in self.brokers)

    def __enter__(self) -> "KafkaCluster":
        try:
            for broker in self.brokers:
                broker.start()
            for broker in self.brokers:
                broker.wait_ready(120)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for broker in self.brokers:  # a clean stop of the last ones would wait for a quorum that is gone
            broker.kill()

    def broker(self, node: int) -> KafkaServer:
        """By Kafka's node id, 1 to 3."""
        return self.brokers[node - 1]
