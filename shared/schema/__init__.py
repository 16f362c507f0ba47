"""Contracts: Avro schemas derived from the event classes, released once and then frozen; and the registry of topics."""
