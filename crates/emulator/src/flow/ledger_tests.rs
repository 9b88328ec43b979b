//! What the ledger promises, on a database of its own.

use serde_json::json;
use workflow::engine::Event;

use super::super::table::turn::{State, Waits};
use super::*;

/// A data folder with a flow `f`.
async fn folder() -> (tempfile::TempDir, Store, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("db"), &[table::SCHEMA]).unwrap();
    make_flow(&store).await;
    let ledger = Ledger::open(store.clone(), folder.path()).await.unwrap();
    (folder, store, ledger)
}

async fn make_flow(store: &Store) {
    let flow = |db: &Connection| -> Result<(), StoreError> {
        let sql = "INSERT INTO flow (name, id, definition, description, kind, role, mode, environment, resource_group, created_ms, modified_ms) \
                   VALUES ('f', 'i', 'd', '', 'FDL', '', 'Express', '{}', '', 0, 0)";
        db.execute(sql, [])?;
        Ok(())
    };
    store.write(flow).await.unwrap();
}

fn row(id: i64, name: &str) -> Row {
    Row {
        id,
        flow: "f".to_owned(),
        name: name.to_owned(),
        digest: "digest".to_owned(),
        status: "Running".to_owned(),
        started: 1,
        stopped: None,
        qualifier: String::new(),
        map_run: String::new(),
    }
}

/// A turn of one event.
fn turn(execution: i64, event: u64, status: &str) -> Turn {
    let events =
        json!([{"id": event, "time": 1, "ExecutionStopped": {"error": "e", "cause": "c"}}]);
    Turn {
        execution,
        first: event,
        events: events.to_string(),
        state: State {
            status: status.to_owned(),
            stopped: (status != "Running").then_some(7),
            waits: Waits {
                due: None,
                calls: 0,
            },
        },
        begun: None,
        report: None,
    }
}

async fn begin(ledger: &Ledger, id: i64, name: &str) -> Result<(), &'static str> {
    let first = turn(id, 1, "Running");
    let begun = ledger.begin(row(id, name), "definition", first).await;
    begun.map_err(|error| error.code)
}

/// The status of each execution, and the numbers of its events.
async fn all(ledger: &Ledger) -> Vec<(i64, String, Vec<u64>)> {
    let read = |db: &Connection| -> Result<_, StoreError> {
        let mut rows = db.prepare("SELECT id, status FROM flow_execution ORDER BY id")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut all = Vec::new();
        for row in rows {
            let (id, status) = row?;
            let events: Vec<Event> = table::turn::events(db, id)?;
            all.push((id, status, events.iter().map(|event| event.id).collect()));
        }
        Ok(all)
    };
    ledger.read(read).await.unwrap()
}

async fn rows_of_turns(store: &Store) -> i64 {
    let count = |db: &Connection| -> Result<i64, StoreError> {
        Ok(db.query_row("SELECT count(*) FROM flow_turn", [], |row| row.get(0))?)
    };
    store.read(count).await.unwrap()
}

#[tokio::test]
async fn whoever_reads_sees_every_turn_and_turns_of_a_moment_are_one_row() {
    let (_folder, store, ledger) = folder().await;
    begin(&ledger, 1, "a").await.unwrap();
    for event in 2..5 {
        ledger.add(turn(1, event, "Running")).await.unwrap();
    }
    begin(&ledger, 2, "b").await.unwrap();
    assert_eq!(rows_of_turns(&store).await, 0);
    let running = |id, events: &[u64]| (id, "Running".to_owned(), events.to_vec());
    let seen = all(&ledger).await;
    assert_eq!(seen, [running(1, &[1, 2, 3, 4]), running(2, &[1])]);
    assert_eq!(rows_of_turns(&store).await, 2);
    ledger.add(turn(1, 5, "Stopped")).await.unwrap();
    let stopped = (1, "Stopped".to_owned(), vec![1, 2, 3, 4, 5]);
    assert_eq!(all(&ledger).await, [stopped, running(2, &[1])]);
}

#[tokio::test]
async fn a_name_is_given_once_whether_its_execution_is_in_the_database_or_not() {
    let (_folder, _store, ledger) = folder().await;
    let taken = Err("ExecutionAlreadyExists");
    begin(&ledger, 1, "a").await.unwrap();
    assert_eq!(begin(&ledger, 2, "a").await, taken);
    ledger.settle().await.unwrap();
    assert_eq!(begin(&ledger, 3, "a").await, taken);
    let both = futures_util::future::join(begin(&ledger, 4, "b"), begin(&ledger, 5, "b")).await;
    assert!(
        both == (Ok(()), taken) || both == (taken, Ok(())),
        "{both:?}"
    );
    assert_eq!(all(&ledger).await.len(), 2);
}

#[tokio::test]
async fn whoever_hears_that_a_name_is_taken_finds_its_execution() {
    let (_folder, _store, ledger) = folder().await;
    let ask = |id| {
        let ledger = &ledger;
        async move { (begin(ledger, id, "a").await, all(ledger).await.len()) }
    };
    let both = futures_util::future::join(ask(1), ask(2)).await;
    let taken = Err("ExecutionAlreadyExists");
    assert!(
        both == ((Ok(()), 1), (taken, 1)) || both == ((taken, 1), (Ok(()), 1)),
        "{both:?}"
    );
}

#[tokio::test]
async fn what_is_deleted_takes_its_turns_along_and_leaves_its_name() {
    let (_folder, store, ledger) = folder().await;
    begin(&ledger, 1, "a").await.unwrap();
    let delete = |db: &Connection| -> Result<_, StoreError> {
        table::flow::delete(db, "f")?;
        table::execution::delete_of(db, "f")
    };
    assert_eq!(ledger.change(delete).await.unwrap().0, [1]);
    // One that was told something meanwhile.
    ledger.add(turn(1, 2, "Running")).await.unwrap();
    assert_eq!(all(&ledger).await, []);
    assert_eq!(begin(&ledger, 2, "a").await, Err("FlowNotExists"));
    make_flow(&store).await;
    begin(&ledger, 3, "a").await.unwrap();
    assert_eq!(all(&ledger).await.len(), 1);
    assert_eq!(rows_of_turns(&store).await, 1);
}

#[tokio::test]
async fn turns_that_a_kill_left_in_the_journal_are_read_at_the_start() {
    let (folder, store, ledger) = folder().await;
    begin(&ledger, 1, "a").await.unwrap();
    ledger.settle().await.unwrap();
    ledger.add(turn(1, 2, "Running")).await.unwrap();
    begin(&ledger, 2, "b").await.unwrap();
    ledger.add(turn(1, 3, "Stopped")).await.unwrap();
    // Nothing is closed: the process is gone.
    drop(ledger);
    for _ in 0..2 {
        let ledger = Ledger::open(store.clone(), folder.path()).await.unwrap();
        let stopped = (1, "Stopped".to_owned(), vec![1, 2, 3]);
        assert_eq!(
            all(&ledger).await,
            [stopped, (2, "Running".to_owned(), vec![1])]
        );
        assert_eq!(begin(&ledger, 3, "b").await, Err("ExecutionAlreadyExists"));
    }
}

#[tokio::test]
async fn a_database_that_takes_nothing_loses_nothing() {
    let (_folder, store, ledger) = folder().await;
    begin(&ledger, 1, "a").await.unwrap();
    let pages = |limit: &str| {
        let limit = format!("PRAGMA max_page_count = {limit}");
        store.write(move |db: &Connection| -> Result<(), StoreError> {
            db.query_row(&limit, [], |_| Ok(()))?;
            Ok(())
        })
    };
    pages("1").await.unwrap();
    // More than the pages that are there have room for.
    for id in 2..200 {
        let name = format!("{id}{}", "n".repeat(100));
        begin(&ledger, id, &name).await.unwrap();
    }
    assert!(ledger.settle().await.is_err());
    // It is known that nothing fits.
    assert_eq!(
        begin(&ledger, 200, "late").await,
        Err("InternalServerError")
    );
    pages("1000000").await.unwrap();
    begin(&ledger, 201, "late").await.unwrap();
    let seen: Vec<i64> = all(&ledger).await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(seen, (1..200).chain([201]).collect::<Vec<_>>());
}
