"""The dispatcher: measures every cluster, and says for each whether a specialist would pay, with figures either way.

In     ``observation.clustered``, ``cluster.changed``, ``assignment.changed``, ``training.progressed``,
       ``training.completed`` (co-partitioned, key: cluster); the registry ``model.registered`` as a broadcast table
Out    ``cluster.measured``, ``training.declined``, ``training.requested`` (key: cluster)
State  ``clusters``: running sums of each cluster; ``families``: rows counted of each family, up to the family cap;
       ``jobs``: per cluster its identity, its assignment, its job, and what was last said of it
Holds  exactly once. Sums follow the log record by record, so the cut into batches changes nothing; decisions fall on
       ticks alone. A cluster has at most one job; attempts of a job share its id and data, each with a higher fencing
       token; a result or heartbeat with an older token, or of a job that has ended, is refused (``stale_token``,
       ``job_ended``: counted by reason) and changes nothing
Never  asks for a specialist where a figure is missing (an unknown price, no published matcher); counts a specialist's own
       answers as examples; asks twice for what was refused before the cluster has grown; looks at content beyond counting
       the tokens of the prompt a specialist would see

At most ``max_concurrent_jobs`` jobs are open *per task* (partition). Several tasks may each have one open: they queue in
``training.requested``, and a worker takes one at a time, so that the number of workers bounds what runs at once. A job's
lease therefore begins with the worker's claim, not with the request; it is renewed by heartbeats in every phase, and runs
out only on ticks that follow each other: a dispatcher that was away gives every running job a whole lease again.
"""
