//! Calls that are stopped, and what becomes of the instances that served them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::{Answer, Fault, FunctionError, InstanceState, Language, Spec};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, hook, spec};

/// Far less than what is stopped would take.
const SOON: Duration = Duration::from_secs(15);

/// A word by which processes of one test are known.
fn mark(test: &str) -> String {
    format!("{test}-{}", std::process::id())
}

fn handler(name: &str) -> Spec {
    let mut spec = spec(Language::Python(3, 10), "python", name);
    spec.timeout = Duration::from_mins(2);
    spec
}

/// A call that takes long, when its code runs.
async fn begun(bench: &Bench, spec: &Arc<Spec>, word: &str) -> (Long, CancellationToken) {
    let stop = CancellationToken::new();
    let call = bench.call_until(spec, word.to_owned(), stop.clone());
    let call = tokio::spawn(call);
    until(|| runs(word)).await;
    (call, stop)
}

type Long = JoinHandle<Result<Answer, Fault>>;

async fn until(mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "it never was so");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether a process of this machine has the word in its command.
fn runs(word: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| {
        line.split(|byte| *byte == 0)
            .any(|part| part == word.as_bytes())
    })
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

async fn end_of(call: Long) -> Result<Answer, Fault> {
    tokio::time::timeout(SOON, call).await.unwrap().unwrap()
}

fn was_stopped(answer: &Answer) -> bool {
    let payload = String::from_utf8_lossy(&answer.payload);
    answer.error == Some(FunctionError::Unhandled) && payload.contains("the call was stopped")
}

#[tokio::test]
async fn a_stopped_call_ends_with_its_process_and_all_that_it_started() {
    let bench = Bench::new();
    let (spec, word) = (Arc::new(handler("stop.sleeps")), mark("sleeps"));
    let (call, stop) = begun(&bench, &spec, &word).await;
    let instance = bench.fleet.instances("named").remove(0);
    stop.cancel();
    let answer = end_of(call).await.unwrap();
    assert!(was_stopped(&answer), "{answer:?}");
    assert_eq!(answer.ended.instance, instance.id);
    until(|| !is_alive(instance.pid) && !runs(&word)).await;
    assert!(bench.fleet.instances("named").is_empty());

    let (call, stop) = begun(&bench, &spec, &word).await;
    assert_ne!(bench.fleet.instances("named")[0].id, instance.id);
    stop.cancel();
    assert!(was_stopped(&end_of(call).await.unwrap()));
}

#[tokio::test]
async fn calls_beside_a_stopped_one_are_finished_and_their_instance_gets_no_others() {
    let bench = Bench::new();
    let mut spec = handler("stop.shares");
    spec.concurrency = 2;
    let gate = bench.share(&mut spec, "GATE");
    let (spec, word) = (Arc::new(spec), mark("shares"));
    bench.fleet.reserve("named", Some(1));
    let (stopped, stop) = begun(&bench, &spec, &word).await;
    let beside = tokio::spawn(bench.call_until(&spec, "", CancellationToken::new()));
    until(|| bench.fleet.instances("named")[0].busy == 2).await;
    let old = bench.fleet.instances("named").remove(0);
    stop.cancel();
    assert!(was_stopped(&end_of(stopped).await.unwrap()));
    let left = bench.fleet.instances("named").remove(0);
    assert_eq!(
        (left.pid, left.busy, left.state),
        (old.pid, 1, InstanceState::Leaving)
    );

    let elsewhere = tokio::spawn(bench.call_until(&spec, "", CancellationToken::new()));
    until(|| bench.fleet.instances("named").len() == 2).await;
    std::fs::write(gate, "").unwrap();
    let beside = end_of(beside).await.unwrap();
    assert_eq!((beside.error, beside.ended.instance), (None, old.id));
    let elsewhere = end_of(elsewhere).await.unwrap();
    assert_eq!(elsewhere.error, None);
    until(|| !is_alive(old.pid) && !runs(&word)).await;
    let now = bench.fleet.instances("named");
    assert_eq!(
        now.iter().map(|one| &one.id).collect::<Vec<_>>(),
        [&elsewhere.ended.instance]
    );
}

#[tokio::test]
async fn all_calls_of_a_function_are_ended_and_the_next_has_another_instance() {
    let bench = Bench::new();
    let (spec, word) = (Arc::new(handler("stop.sleeps")), mark("ended"));
    bench.fleet.reserve("named", Some(2));
    let (one, _) = begun(&bench, &spec, &word).await;
    let other = format!("{word}-other");
    let (two, _) = begun(&bench, &spec, &other).await;
    let old = bench.fleet.instances("named");
    assert_eq!(old.len(), 2);
    bench.fleet.interrupt("named");
    for call in [one, two] {
        let answer = end_of(call).await.unwrap();
        assert!(was_stopped(&answer), "{answer:?}");
    }
    until(|| !runs(&word) && !runs(&other)).await;
    until(|| bench.fleet.instances("named").is_empty()).await;
    assert!(
        bench
            .log()
            .contains("the call was stopped, as all of the function were")
    );
    let (three, stop) = begun(&bench, &spec, &word).await;
    let new = &bench.fleet.instances("named")[0].id;
    assert!(old.iter().all(|one| one.id != *new));
    stop.cancel();
    assert!(was_stopped(&end_of(three).await.unwrap()));

    let mut slow = handler("stop.sleeps");
    slow.initializer = hook("stop.initialize");
    slow.revision = "slow".to_owned();
    let call = bench.call_until(&Arc::new(slow), "never", CancellationToken::new());
    let call = tokio::spawn(call);
    until(|| runs("initializes")).await;
    bench.fleet.interrupt("named");
    let ended = end_of(call).await;
    assert!(matches!(ended, Err(Fault::Stopped)), "{ended:?}");
}

#[tokio::test]
async fn a_call_that_waits_for_its_instance_is_stopped_at_once() {
    let bench = Bench::new();
    let mut spec = handler("stop.sleeps");
    spec.initializer = hook("stop.initialize");
    let (spec, stop) = (Arc::new(spec), CancellationToken::new());
    let call = tokio::spawn(bench.call_until(&spec, "never", stop.clone()));
    until(|| runs("initializes")).await;
    stop.cancel();
    let ended = end_of(call).await;
    assert!(matches!(ended, Err(Fault::Stopped)), "{ended:?}");
    let late = bench.call_until(&spec, "never", stop).await;
    assert!(matches!(late, Err(Fault::Stopped)), "{late:?}");
    assert!(!runs("never"));
}
