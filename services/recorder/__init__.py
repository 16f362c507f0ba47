"""The recorder: the log as six PostgreSQL tables, each of which can be deleted and replayed.

In     observation.redacted, observation.clustered, metrics.windowed, shadow.compared, cluster.measured, model.registered,
       assignment.changed, promotion.audit
Out    model_registry, model_metrics_timeseries, slm_observation_raw, slm_observation_curated, cluster_model_assignment,
       promotion_audit_log
State  projection_offsets in PostgreSQL, moved in the same transaction as the rows it stands for
Holds  exactly once: the offset row is compared and set with the rows, so a stale or doubled recorder writes nothing; each
       audit row is verified against the one before, and a break stops the process loudly
Never  reads observation.raw; decides anything; updates an observation
"""
