"""The promoter: who serves a cluster, decided on bounds that hold at any time of looking.

In     ``training.completed``, ``shadow.compared``, ``outcome.reported``, ``cluster.changed`` (co-partitioned, key: cluster);
       the registry ``model.registered`` as a broadcast table
Out    ``model.registered`` (specialists), ``assignment.changed`` (key: cluster), ``promotion.audit`` (key: chain)
State  per cluster the candidate, its evidence and the serving specialist; per task the head of its audit chain; the ids of
       evidence already counted
Holds  exactly once; every decision carries its figures, intervals and policy version, hash-chained to the one before;
       promotion on a lower bound, demotion on a burst of format errors, a safety incident or a bound below the floor
Never  promotes on a point estimate, counts a record twice, changes an assignment without an audit row
"""
