//! Rows of flows and their executions.

pub(super) mod alias;
pub(super) mod execution;
pub(super) mod flow;
pub(super) mod report;
pub(super) mod schedule;
pub(super) mod turn;
pub(super) mod version;

/// Tables of this room. An execution's events are kept in turns, those of a moment as one row, one behind the other
/// as they come, whichever execution they belong to: what is kept together lies together. A definition is kept once, under
/// its digest, for as long as anything runs by it. (`flow_batch` is where earlier versions kept turns.)
pub(crate) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS flow (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    definition TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    mode TEXT NOT NULL,
    environment TEXT NOT NULL,
    resource_group TEXT NOT NULL,
    last_version INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS flow_version (
    flow TEXT NOT NULL REFERENCES flow (name) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    definition TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (flow, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_alias (
    flow TEXT NOT NULL REFERENCES flow (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    routes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (flow, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_schedule (
    flow TEXT NOT NULL REFERENCES flow (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    cron TEXT NOT NULL,
    payload TEXT NOT NULL,
    description TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (flow, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_definition (
    digest TEXT PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS flow_execution (
    id INTEGER PRIMARY KEY,
    flow TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    stopped_ms INTEGER,
    qualifier TEXT NOT NULL,
    map_run TEXT NOT NULL DEFAULT '',
    due_ms INTEGER,
    calls INTEGER NOT NULL DEFAULT 0,
    UNIQUE (flow, name)
) STRICT;
CREATE INDEX IF NOT EXISTS flow_execution_running ON flow_execution (due_ms) WHERE status = 'Running';
CREATE TABLE IF NOT EXISTS flow_turn (
    execution INTEGER NOT NULL,
    first INTEGER NOT NULL,
    events TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS flow_turn_of ON flow_turn (execution, first);
CREATE TABLE IF NOT EXISTS flow_batch (
    execution INTEGER NOT NULL,
    number INTEGER NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO flow_turn (execution, first, events)
    SELECT execution, json_extract(events, '$[0].id'), events FROM flow_batch;
DROP TABLE flow_batch;
CREATE TABLE IF NOT EXISTS flow_report (
    execution INTEGER NOT NULL,
    event INTEGER NOT NULL,
    token TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (execution, event)
) STRICT, WITHOUT ROWID;
";
