//! How much the engine adds to a log: executions of four steps whose results come from this process, beside the same records in
//! a file with group commit. Prints one line of JSON; the measurements of the project run it, in the release profile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::oneshot;
use workflow::engine::Mode;

use super::{Begin, Runner};
use crate::flow::ledger::JOURNAL;
use crate::flow::model::Flow;
use crate::flow::table::{self, turn::Turn};
use crate::store::Journal;
use crate::{Account, LocalCloud, Settings};

const EXECUTIONS: usize = 4000;
const IN_FLIGHT: usize = 50;
/// Records written together at most, as the store does.
const GROUP: usize = 256;

/// Four steps; what they ask is refused inside this process, and the next begins.
fn definition() -> String {
    let names = ["One", "Two", "Three", "Four"];
    let states = names.iter().enumerate().map(|(number, name)| {
        let next = names.get(number + 1).unwrap_or(&"Done");
        let caught = format!("{{Errors: [FnF.ALL], Next: {next}, OutputConstructor: {{}}}}");
        format!("- {{Type: Task, Name: {name}, Action: 'Stub:Step', Parameters: {{}}, Catch: [{caught}], Next: Done}}\n")
    });
    let states: String = states.collect();
    format!(
        "Type: StateMachine\nName: saga\nSpecVersion: v1\nStartAt: One\nStates:\n{states}- {{Type: Succeed, Name: Done}}\n"
    )
}

fn flow() -> Flow {
    Flow {
        id: "id".to_owned(),
        name: "saga".to_owned(),
        definition: definition(),
        description: String::new(),
        kind: "FDL".to_owned(),
        role: String::new(),
        mode: Mode::Express,
        environment: json!({}),
        group: String::new(),
        created: 0,
        modified: 0,
    }
}

/// Does `one` for each number, `IN_FLIGHT` at a time; how many were done each second.
async fn rate<F: Future<Output = ()>>(one: impl Fn(usize) -> F) -> f64 {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let worker = || async {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= EXECUTIONS {
                return;
            }
            one(number).await;
        }
    };
    join_all((0..IN_FLIGHT).map(|_| worker())).await;
    f64::from(u32::try_from(EXECUTIONS).unwrap()) / begun.elapsed().as_secs_f64()
}

async fn execute(runner: &Arc<Runner>, flow: &Flow, number: usize) {
    let begin = Begin {
        flow: flow.clone(),
        definition: flow.definition.clone(),
        qualifier: String::new(),
        name: format!("execution-{number}"),
        input: json!({}),
        token: None,
        caller: None,
        item: None,
    };
    let row = runner.start(begin).await.unwrap();
    runner.ended(row.id).await.unwrap();
}

/// How long each record of an execution is: of the last whose records lie together.
fn records(data: &Path) -> Vec<usize> {
    let mut by_execution: BTreeMap<i64, Vec<(Turn, usize)>> = BTreeMap::new();
    for record in Journal::records(data, JOURNAL) {
        let turn = Turn::read(&record).unwrap();
        let records = by_execution.entry(turn.execution).or_default();
        records.push((turn, record.len()));
    }
    let whole = by_execution.into_values().rev().find(|records| {
        let ends = (records.first().unwrap(), records.last().unwrap());
        ends.0.0.begun.is_some() && ends.1.0.state.stopped.is_some()
    });
    let lengths = whole.unwrap().into_iter().map(|(_, length)| length);
    lengths.collect()
}

/// A record, and whoever waits until it is kept.
type Entry = (Vec<u8>, oneshot::Sender<()>);

fn append(mut file: File, entries: &Receiver<Entry>) {
    while let Ok(first) = entries.recv() {
        let group: Vec<Entry> = std::iter::once(first)
            .chain(entries.try_iter())
            .take(GROUP)
            .collect();
        let bytes: Vec<u8> = group
            .iter()
            .flat_map(|(record, _)| record)
            .copied()
            .collect();
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        for (_, kept) in group {
            let _ = kept.send(());
        }
    }
}

async fn log(entries: &Sender<Entry>, records: &[usize]) {
    for length in records {
        let (kept, waits) = oneshot::channel();
        entries.send((vec![b'x'; *length], kept)).unwrap();
        waits.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn executions_beside_a_bare_log() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        data: folder.path().join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        account: Account {
            id: "1".to_owned(),
            access_key_id: "AKID".to_owned(),
            access_key_secret: "SECRET".to_owned(),
        },
        region: "cn-hangzhou".to_owned(),
        launcher: vec!["false".into()],
    };
    let cloud = LocalCloud::start(settings.clone()).await.unwrap();
    let runner = cloud.flows().runner();
    let flow = flow();
    let kept = flow.clone();
    let written = runner.store.write(move |db| table::flow::create(db, &kept));
    assert!(written.await.unwrap());

    let ours = rate(|number| execute(&runner, &flow, number)).await;
    let records = records(&settings.data);
    let (entries, received) = channel();
    let file = File::create(folder.path().join("log")).unwrap();
    let writer = std::thread::spawn(move || append(file, &received));
    let bare = rate(|_| log(&entries, &records)).await;
    drop(entries);
    writer.join().unwrap();
    let told = json!({ "ours": ours, "bare": bare, "records": records });
    println!("{told}");
    cloud.stop().await;
}
