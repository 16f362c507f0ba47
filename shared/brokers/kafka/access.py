"""Grants on a Kafka cluster with an authorizer. aiokafka has the three requests but no calls for them."""

from collections.abc import Iterable
from typing import Any

from aiokafka import errors as kafka_errors
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from shared.brokers.kafka.admin import KafkaAdmin
from shared.brokers.kafka.connection import calling
from shared.errors import FatalError
from shared.schema.access import Grant, Operation, Pattern, Resource

_ANY = 1
_ALLOW = 3
_EVERY_HOST = "*"
_NO_AUTHORIZER = 54
_RESOURCES = {Resource.TOPIC: 2, Resource.GROUP: 3, Resource.TRANSACTIONAL_ID: 5}
_OPERATIONS = {Operation.READ: 3, Operation.WRITE: 4, Operation.DESCRIBE: 8}
_PATTERNS = {Pattern.LITERAL: 3, Pattern.PREFIXED: 4}
_RESOURCE_OF = {code: resource for resource, code in _RESOURCES.items()}
_OPERATION_OF = {code: operation for operation, code in _OPERATIONS.items()}
_PATTERN_OF = {code: pattern for pattern, code in _PATTERNS.items()}


class KafkaAccess:
    """Reads and changes grants; its user must be an administrator. Raises :class:`FatalError` where that is not so, or
    where the cluster has no authorizer."""

    def __init__(self, admin: KafkaAdmin) -> None:
        self._admin = admin

    async def grants(self) -> list[Grant]:
        """What users are allowed. Denials and operations that we never grant are no :class:`Grant` and left out."""
        answer = await self._ask("read grants", DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
        _check("grants cannot be read", answer.error_code, answer.error_message)
        found = []
        for kind, name, pattern, entries in answer.resources:
            for principal, host, operation, permission in entries:
                known = kind in _RESOURCE_OF and operation in _OPERATION_OF and pattern in _PATTERN_OF
                if known and permission == _ALLOW and host == _EVERY_HOST:
                    found.append(
                        Grant(
                            principal, _RESOURCE_OF[kind], name, _OPERATION_OF[operation], pattern=_PATTERN_OF[pattern]
                        )
                    )
        return found

    async def grant(self, grants: Iterable[Grant]) -> None:
        """Add grants; one that exists already is left as it is."""
        for grant in grants:
            answer = await self._ask("grant", CreateAclsRequest(*_fields(grant)))
            for code, message in answer.creation_responses:
                _check(f"{grant.principal} was not granted {grant.operation} on {grant.name}", code, message)

    async def revoke(self, grants: Iterable[Grant]) -> None:
        """Take grants back; one that is gone already is no error."""
        for grant in grants:
            answer = await self._ask("revoke", DeleteAclsRequest(*_fields(grant)))
            for code, message, _ in answer.filter_responses:
                _check(f"{grant.operation} on {grant.name} was not taken from {grant.principal}", code, message)

    async def _ask(self, doing: str, request: Any) -> Any:
        client = await self._admin.connected()
        return await calling(doing, client._send_request(request))


def _fields(grant: Grant) -> tuple[int, str, int, str, str, int, int]:
    kind, pattern = _RESOURCES[grant.resource], _PATTERNS[grant.pattern]
    return kind, grant.name, pattern, grant.principal, _EVERY_HOST, _OPERATIONS[grant.operation], _ALLOW


def _check(what: str, code: int, message: str | None) -> None:
    if code == kafka_errors.ClusterAuthorizationFailedError.errno:
        raise FatalError(f"{what}: only an administrator of this Kafka may (super.users, or Alter on the cluster)")
    if code == _NO_AUTHORIZER:
        raise FatalError(f"{what}: this Kafka has no authorizer, so every client may do everything")
    if code:
        name = kafka_errors.for_code(code).__name__
        raise FatalError(f"{what}: {name}{f' ({message})' if message else ''}")
