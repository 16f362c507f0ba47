"""The shadow evaluator: a specialist asked, silently, what the frontier model was asked, and both answers compared.

In     ``observation.clustered`` (key: cluster); ``assignment.changed``, ``cluster.changed`` and ``model.registered`` as
       broadcast tables
Out    ``shadow.compared`` (key: cluster), at most one per call and specialist, under an id made of both
State  none that lasts: steps compared by this process (bounded), so that a step is compared once for each specialist
Holds  at least once; a repeat writes the same id and readers drop it. Every fresh frontier-served call of a cluster whose
       challenger is in shadow is compared with that challenger; a ramping or active specialist is compared on the calls of
       the holdback alone. Time-outs and errors of the specialist are results. A specialist that is not loaded yet, or a
       server that cannot be reached, defers the call, and is never a failed comparison. What is older than ``max_age_s``
       is skipped: where more is called than can be compared, fresh calls are
Never  compares a call that the specialist was trained on (offsets of its data set, its episodes, its steps), or one that
       the frontier model did not serve; answers a client; spends beyond the policy's number of comparisons; sees an
       identifier: placeholders are filled with surrogates of the pool ``shadow``, which training never draws from
"""
