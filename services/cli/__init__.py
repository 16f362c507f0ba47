"""The operator's commands, ``flywheel …``: each verb family is one module with a ``register`` function.

Reads and writes the log only through the broker seam; may use the ``logic`` of other services for offline verbs. It
owns the registry's ``base/…`` records of ``model.registered`` and its own chains of ``promotion.audit`` (one for each of its
transactional ids, ``cli.dlq`` and ``cli.replay``), and writes copies of dead letters' records back to their topics; nothing
else. It never reads ``observation.raw``: raw dead letters are replayed by the redactor's own program.
Exit codes: 0 done, 1 failed or found a problem, 2 wrong usage or settings. No traceback without ``--debug``.
"""
