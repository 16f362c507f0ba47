"""The embedded broker with users and permissions: SCRAM-SHA-512 on the client listener, and Kafka's own authorizer.

Nobody may do anything that was not granted; only the administrator, who applies the grants, may do everything. Users
are written into the metadata log when the data folder is formatted, and stay as they are from then on.
"""

import asyncio
import re
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from infra.local.kafka import KafkaServer
from infra.local.kafka_runtime import KafkaRuntime
from infra.local.ports import LOOPBACK
from infra.local.secrets import write_private
from shared.errors import FatalError, SettingsError, TransientError
from shared.settings import KafkaSettings

ADMINISTRATOR = "admin"
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_PLAIN_WORD = re.compile(r"[\w-]+", re.ASCII)
_REACH_S = 5.0


class SecuredKafkaServer(KafkaServer):
    """``passwords`` maps user names to passwords of letters, digits, ``_`` and ``-``; one is :data:`ADMINISTRATOR`'s.

    The controller's listener asks for a password too (the administrator's, by PLAIN: SCRAM users live in the very log
    that the controller writes), so that no port of the server lets an unnamed client in.
    """

    def __init__(self, home: Path, passwords: Mapping[str, str], *, cache: Path | None = None) -> None:
        if odd := [user for user, password in passwords.items() if not _PLAIN_WORD.fullmatch(password)]:
            raise SettingsError(f"passwords of {', '.join(odd)}: use letters, digits, _ and -")
        super().__init__(home, cache=cache, fast_failover=True, properties=_properties(passwords[ADMINISTRATOR]))
        self._passwords = dict(passwords)

    def settings(self, user: str, password: str | None = None) -> KafkaSettings:
        """How a client of ``user`` connects. Without ``password``: with the right one."""
        return KafkaSettings(
            bootstrap_servers=self.address,
            security_protocol="SASL_PLAINTEXT",
            sasl_username=user,
            sasl_password=SecretStr(self._passwords[user] if password is None else password),
        )

    def _listeners(self, controller: str) -> dict[str, str]:
        return {
            "listeners": f"SASL_PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "advertised.listeners": f"SASL_PLAINTEXT://{self.address}",
        }

    def _write_properties(self) -> Path:
        path = super()._write_properties()
        text = path.read_text(encoding="ascii")
        path.unlink()
        write_private(path, text)
        return path

    def _format_arguments(self, properties_file: Path) -> tuple[str, ...]:
        """Passwords travel in a file: every account of the machine can read a command line."""
        users = [f"SCRAM-SHA-512=[name={user},password={password}]" for user, password in self._passwords.items()]
        arguments = properties_file.with_name("format.arguments")
        write_private(arguments, "".join(f"--add-scram\n{user}\n" for user in users))
        return (*super()._format_arguments(properties_file), f"@{arguments}")

    def _format(self, runtime: KafkaRuntime, properties_file: Path) -> None:
        try:
            super()._format(runtime, properties_file)
        finally:
            properties_file.with_name("format.arguments").unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether the administrator is let in and the cluster has a broker that takes part."""
        try:
            socket.create_connection((LOOPBACK, self._port.number), timeout=1.0).close()
        except OSError:
            return False
        with ThreadPoolExecutor(max_workers=1) as own_loop:
            return own_loop.submit(lambda: asyncio.run(self._lets_in())).result()

    async def _lets_in(self) -> bool:
        from shared.brokers.kafka import KafkaBroker

        broker = KafkaBroker(self.settings(ADMINISTRATOR))
        try:
            async with asyncio.timeout(_REACH_S):
                await broker.admin().topics()
            return True
        except (TransientError, FatalError, TimeoutError):
            return False
        finally:
            await broker.close()


def _properties(administrator_password: str) -> dict[str, str]:
    scram = f'{_LOGIN} required username="{ADMINISTRATOR}" password="{administrator_password}";'
    plain = (
        f'{_PLAIN_LOGIN} required username="{ADMINISTRATOR}" password="{administrator_password}" '
        f'user_{ADMINISTRATOR}="{administrator_password}";'
    )
    return {
        "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "inter.broker.listener.name": "SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMINISTRATOR}",
        "allow.everyone.if.no.acl.found": "false",
    }
