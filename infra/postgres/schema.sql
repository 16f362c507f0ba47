-- The projections of SLM Flywheel. Every table can be dropped: the recorder fills it again from the log.
-- Rows carry the position they came from; (topic, partition, position) makes a replay write nothing twice.

CREATE TABLE IF NOT EXISTS projection_offsets (
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE IF NOT EXISTS model_registry (
    model         text PRIMARY KEY,
    kind          text   NOT NULL,
    state         text   NOT NULL,
    safety_grade  text   NOT NULL,
    registered_at bigint NOT NULL,
    record        jsonb  NOT NULL,
    topic         text    NOT NULL,
    partition     integer NOT NULL,
    position      bigint  NOT NULL
);

CREATE TABLE IF NOT EXISTS model_metrics_timeseries (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    position  bigint  NOT NULL,
    at_ms     bigint  NOT NULL,
    cluster   text    NOT NULL,
    model     text    NOT NULL,
    record    jsonb   NOT NULL,
    PRIMARY KEY (topic, partition, position)
);
CREATE INDEX IF NOT EXISTS model_metrics_by_cluster ON model_metrics_timeseries (cluster, at_ms);

CREATE TABLE IF NOT EXISTS slm_observation_raw (
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    position    bigint  NOT NULL,
    event_id    text    NOT NULL,
    tenant      text    NOT NULL,
    episode     text    NOT NULL,
    task_key    text    NOT NULL,
    occurred_at bigint  NOT NULL,
    served_by   text,
    outcome     text    NOT NULL,
    cost_usd    double precision NOT NULL,
    record      jsonb   NOT NULL,
    PRIMARY KEY (topic, partition, position)
);
CREATE INDEX IF NOT EXISTS observation_raw_by_event ON slm_observation_raw (event_id);

CREATE TABLE IF NOT EXISTS slm_observation_curated (
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    position    bigint  NOT NULL,
    event_id    text    NOT NULL,
    cluster     text    NOT NULL,
    family      text    NOT NULL,
    repeat_of   text,
    split       text    NOT NULL,
    untrainable text,
    occurred_at bigint  NOT NULL,
    record      jsonb   NOT NULL,
    PRIMARY KEY (topic, partition, position)
);
CREATE INDEX IF NOT EXISTS observation_curated_by_cluster ON slm_observation_curated (cluster, occurred_at);

CREATE TABLE IF NOT EXISTS cluster_model_assignment (
    cluster    text PRIMARY KEY,
    version    bigint NOT NULL,
    primary_model text,
    challenger text,
    stage      text,
    share      double precision,
    changed_at bigint  NOT NULL,
    record     jsonb   NOT NULL,
    topic      text    NOT NULL,
    partition  integer NOT NULL,
    position   bigint  NOT NULL
);

CREATE TABLE IF NOT EXISTS promotion_audit_log (
    chain_id  text    NOT NULL,
    seq       bigint  NOT NULL,
    at_ms     bigint  NOT NULL,
    actor     text    NOT NULL,
    action    text    NOT NULL,
    subject   text    NOT NULL,
    canonical bytea   NOT NULL,
    prev_hash text    NOT NULL,
    row_hash  text    NOT NULL,
    topic     text    NOT NULL,
    partition integer NOT NULL,
    position  bigint  NOT NULL,
    PRIMARY KEY (chain_id, seq)
);

-- Whoever empties a table by hand gets it back: its topics are read again from the start of their retention.
CREATE OR REPLACE FUNCTION projection_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM projection_offsets WHERE topic = ANY (TG_ARGV);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON model_registry
    EXECUTE FUNCTION projection_emptied('model.registered');
CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON model_metrics_timeseries
    EXECUTE FUNCTION projection_emptied('metrics.windowed', 'shadow.compared', 'cluster.measured');
CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON slm_observation_raw
    EXECUTE FUNCTION projection_emptied('observation.redacted');
CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON slm_observation_curated
    EXECUTE FUNCTION projection_emptied('observation.clustered');
CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON cluster_model_assignment
    EXECUTE FUNCTION projection_emptied('assignment.changed');
CREATE OR REPLACE TRIGGER emptied AFTER TRUNCATE ON promotion_audit_log
    EXECUTE FUNCTION projection_emptied('promotion.audit');
