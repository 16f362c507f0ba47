"""Implementations of :mod:`shared.stream.broker`: Apache Kafka and an in-memory log. One conformance suite for both."""
