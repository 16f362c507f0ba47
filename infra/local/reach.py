"""How a command reaches the three servers of this state folder, whoever started them."""

from urllib.parse import urlsplit

from pydantic import SecretStr

from infra.local.environment import Addresses
from infra.local.ports import LOOPBACK
from infra.local.postgres import DATABASE, USER
from infra.local.secrets import kept_password
from infra.local.settings import LocalSettings
from infra.local.state import read_state
from shared.settings import KafkaSettings


def current_addresses(config: LocalSettings) -> Addresses:
    """External addresses where they are set, else those of the running stack, else the configured ports.

    ``postgres`` and ``redis`` hold passwords: never print them.
    """
    live = _live(config)
    secrets = config.home / "secrets"
    dsn, url = config.postgres.dsn, config.redis.url
    if dsn is None:
        port = urlsplit(live.get("postgres", "")).port or config.local.postgres_port
        dsn = SecretStr(f"postgresql://{USER}:{kept_password(secrets / 'postgres')}@{LOOPBACK}:{port}/{DATABASE}")
    if url is None:
        port = urlsplit(live.get("redis", "")).port or config.local.redis_port
        url = SecretStr(f"redis://:{kept_password(secrets / 'redis')}@{LOOPBACK}:{port}/0")
    return Addresses(current_kafka(config).bootstrap_servers, dsn.get_secret_value(), url.get_secret_value())


def current_kafka(config: LocalSettings) -> KafkaSettings:
    """The log's address and credentials, for a command's own client."""
    if config.kafka_is_external:
        return config.kafka
    address = _live(config).get("kafka") or f"{LOOPBACK}:{config.local.kafka_port}"
    return config.kafka.model_copy(update={"bootstrap_servers": address})


def _live(config: LocalSettings) -> dict[str, str]:
    state = read_state(config.home)
    return dict(state.addresses) if state else {}
