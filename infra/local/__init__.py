"""The embedded stack: real Kafka, PostgreSQL and Redis from packages, on loopback, without a container engine.

``KafkaServer``, ``PostgresServer`` and ``RedisServer`` are one process each, with the same five verbs (``start``,
``wait_ready``, ``stop``, ``kill``, ``address``). :class:`infra.local.stack.Stack` starts them together with the
services. All state lies under one folder (``FLYWHEEL_HOME``), survives restarts, and ends only with ``flywheel reset``.
"""
