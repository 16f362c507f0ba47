"""Raw calls in, redacted calls out: the one service that may read what customers said.

In: ``observation.raw`` (key: tenant ‖ episode). Out: ``observation.redacted`` (key: task key). Stateless.

Guarantee: exactly once per raw record. Every output carries a redaction proof (rule set, profile, counts by type), the
keyed hashes of prompt, newest step and answer and the task key, all taken from the raw values. Fails closed: whatever
cannot be redacted (an exception in any rule, content that is not text, a result that does not settle) becomes a dead
letter with position, reason and hash, without payload. Anonymised calls are counted and skipped.

Raw dead letters are replayed by ``python -m services.ingest_redactor.replay``: the same processor over their positions, with
an audit row in chain ``ingest_redactor.replay`` of ``promotion.audit`` in the same transaction.

Never: puts content into a log, metric or dead letter; keeps content between records (only hashes of long texts that held
nothing); emits a record without a proof.
"""
