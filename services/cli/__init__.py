"""The operator's commands, ``flywheel …``: each verb family is one module with a ``register`` function.

Reads and writes the log only through the broker seam; may use the ``logic`` of other services for offline verbs. It
owns the registry's ``base/…`` records of ``model.registered`` and its own chain of ``promotion.audit``; nothing else.
Exit codes: 0 done, 1 failed or found a problem, 2 wrong usage or settings. No traceback without ``--debug``.
"""
