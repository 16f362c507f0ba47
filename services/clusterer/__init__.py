"""Finds the recurring tasks: places every call in a cluster, and tells the router how to match before the call.

In: ``observation.unique`` (key: task key). Out: ``observation.clustered`` (key: cluster), one a call, and
``cluster.changed`` (key: cluster, compacted): identity, label, exemplars and matcher of a cluster when it is born, grows,
freezes, drifts, or is split, merged or retired.

Guarantee: exactly once; the same result for the same stream however it is cut into batches, and over restarts. Assignment
is by the last *published* matchers (the router's own code); what they do not hold is placed by provisional
micro-clusters, whose running sums (a call weighs half after a half-life of event time) feed only the next publication.
Everything advances by records counted in state; a tick only starts the weekly recluster of a silent shard, and embeds some
exemplars ahead of a recluster. Each recluster starts from the groups before, beside a cold control that takes their place
where it is clearly better; its record (agreement, drift) stands in the shard, and in the metrics. A cluster whose answers
call several tools is split by them.
A cluster never spans task keys or sub-keys. Below its freeze size it may be merged by average linkage; a frozen one keeps
its id and its representatives and only gains new ones. The tools that answers called say which micro-clusters belong
together and name the cluster; matching looks at the request alone. An exact repeat is placed and counted, then loses its
payload.

State: ``micros`` (running sums), ``clusters`` (identity), ``matchers`` (as published), ``shards``
(counts), ``sides`` (of the split, bounded), ``clock``.

Never: reads raw calls, calls a model, or moves the id of a frozen cluster.
"""
