//! A shared state under races, suspensions, lost answers and crashes, on a shelf in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use proptest::prelude::*;
use serde_json::json;

use super::lease::TERM;
use super::*;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// It never arrives.
    Lost,
    /// It is done, the answer is lost.
    AnswerLost,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, (Vec<u8>, Duration)>,
    now: Duration,
    faults: VecDeque<Option<Fault>>,
}

#[derive(Default)]
struct Memory(Mutex<Inner>);

impl Memory {
    fn advance(&self, by: Duration) {
        self.0.lock().unwrap().now += by;
    }

    fn fail(&self, faults: &[Option<Fault>]) {
        self.0.lock().unwrap().faults = faults.iter().copied().collect();
    }

    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().objects.keys().cloned().collect()
    }

    fn call<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> Result<T, ShelfError> {
        let mut inner = self.0.lock().unwrap();
        let error = ShelfError {
            said: "a fault".to_owned(),
            hint: None,
            passing: true,
        };
        match inner.faults.pop_front().flatten() {
            None => Ok(work(&mut inner)),
            Some(Fault::Lost) => Err(error),
            Some(Fault::AnswerLost) => {
                work(&mut inner);
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Shelf for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn prepare(&self) -> Result<Option<String>, ShelfError> {
        Ok(None)
    }

    async fn list(&self, under: &str, after: &str) -> Result<Vec<Shelved>, ShelfError> {
        self.call(|inner| {
            let wanted = |key: &str| key.starts_with(under) && key > after;
            let objects = inner.objects.iter().filter(|(key, _)| wanted(key));
            objects
                .map(|(key, (_, at))| Shelved {
                    key: key.clone(),
                    age: inner.now.saturating_sub(*at),
                })
                .collect()
        })
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ShelfError> {
        self.call(|inner| inner.objects.get(key).map(|(content, _)| content.clone()))
    }

    async fn put(&self, key: &str, content: &[u8]) -> Result<(), ShelfError> {
        self.call(|inner| {
            let now = inner.now;
            inner
                .objects
                .insert(key.to_owned(), (content.to_vec(), now));
        })
    }

    async fn put_new(&self, key: &str, content: &[u8]) -> Result<bool, ShelfError> {
        self.call(|inner| {
            if inner.objects.contains_key(key) {
                return false;
            }
            let now = inner.now;
            inner
                .objects
                .insert(key.to_owned(), (content.to_vec(), now));
            true
        })
    }

    async fn delete(&self, keys: &[String]) -> Result<(), ShelfError> {
        self.call(|inner| keys.iter().for_each(|key| drop(inner.objects.remove(key))))
    }
}

fn world() -> (Arc<Memory>, SharedPlace) {
    let memory = Arc::new(Memory::default());
    let place = SharedPlace::hasty(Arc::clone(&memory) as Arc<dyn Shelf>);
    (memory, place)
}

fn record(status: Status) -> Record {
    Record {
        kind: "k".into(),
        remote: Some("r".into()),
        attrs: json!({"files": {}}).as_object().unwrap().clone(),
        outputs: crate::resource::Object::new(),
        after: BTreeSet::new(),
        status,
        owed: BTreeSet::new(),
        pending: BTreeSet::new(),
        protected: false,
        manifest: None,
    }
}

async fn begin(state: &mut LockedState, id: &str) -> Result<(), StateError> {
    state
        .begin(&id.into(), record(Status::Updating), None)
        .await
}

async fn end(state: &mut LockedState, id: &str) -> Result<(), StateError> {
    let id = id.into();
    let done = |state: &mut State| {
        if let Some(record) = state.records.get_mut(&id) {
            record.status = Status::Ready;
        }
    };
    state.end(&id, done).await
}

fn ids(state: &State) -> Vec<(String, bool)> {
    let records = state.records.iter();
    records
        .map(|(id, r)| (id.to_string(), r.status == Status::Ready))
        .collect()
}

#[tokio::test]
async fn a_state_is_written_read_and_let_go_of() {
    let (memory, place) = world();
    let mut state = place.lock_for("deploy").await.unwrap();
    let lineage = state.state().lineage.clone();
    state.edit(|_| ()).await.unwrap();
    begin(&mut state, "a").await.unwrap();
    assert_eq!(ids(&place.read().await.unwrap()), [("a".to_owned(), false)]);
    end(&mut state, "a").await.unwrap();
    begin(&mut state, "b").await.unwrap();
    end(&mut state, "b").await.unwrap();
    state.close().await.unwrap();
    state.release().await.unwrap();
    let read = place.read().await.unwrap();
    assert_eq!(read.lineage, lineage);
    assert_eq!(read.serial, 4);
    assert_eq!(ids(&read), [("a".to_owned(), true), ("b".to_owned(), true)]);
    assert_eq!(memory.keys().len(), 1, "{:?}", memory.keys());
    place.lock_for("deploy").await.unwrap();
}

#[tokio::test]
async fn a_held_state_says_who_holds_it_and_for_how_long() {
    let (memory, place) = world();
    let held = place.lock_for("deploy").await.unwrap();
    memory.advance(Duration::from_secs(20));
    match place.lock_for("remove").await.unwrap_err() {
        StateError::Leased { holder, seconds } => {
            assert_eq!((holder.operation.as_str(), seconds), ("deploy", 41));
        }
        other => panic!("{other}"),
    }
    let leases = memory.keys();
    let leases = leases.iter().filter(|k| page::is_lease(k)).count();
    assert_eq!(leases, 1, "who is refused leaves no lease behind");
    held.release().await.unwrap();
    place.lock_for("remove").await.unwrap();
}

#[tokio::test]
async fn whoever_was_suspended_too_long_writes_nothing_any_more() {
    let (memory, place) = world();
    let mut slow = place.lock_for("deploy").await.unwrap();
    slow.edit(|_| ()).await.unwrap();
    begin(&mut slow, "a").await.unwrap();
    memory.advance(TERM);
    let mut fast = place.lock_for("deploy").await.unwrap();
    assert_eq!(ids(fast.state()), [("a".to_owned(), false)]);
    let refused = end(&mut slow, "a").await.unwrap_err();
    assert!(
        matches!(refused, StateError::TakenOver(Some(_))),
        "{refused}"
    );
    assert!(begin(&mut slow, "b").await.is_err());
    end(&mut fast, "a").await.unwrap();
    slow.release().await.unwrap();
    fast.close().await.unwrap();
    assert_eq!(ids(&place.read().await.unwrap()), [("a".to_owned(), true)]);
}

#[tokio::test]
async fn a_number_that_was_cleared_away_is_no_way_back_in() {
    let (memory, place) = world();
    let mut slow = place.lock_for("deploy").await.unwrap();
    slow.edit(|_| ()).await.unwrap();
    memory.advance(TERM);
    let mut fast = place.lock_for("deploy").await.unwrap();
    fast.close().await.unwrap();
    fast.release().await.unwrap();
    // The page that the slow one will write is free again.
    assert_eq!(memory.keys().len(), 2, "{:?}", memory.keys());
    let refused = begin(&mut slow, "a").await.unwrap_err();
    assert!(matches!(refused, StateError::TakenOver(_)), "{refused}");
    assert!(ids(&place.read().await.unwrap()).is_empty());
    // What it left is cleared away by the next.
    let next = place.lock_for("deploy").await.unwrap();
    next.release().await.unwrap();
    let pages = memory.keys();
    let pages = pages.iter().filter(|k| page::number(k).is_some());
    assert_eq!(pages.count(), 1);
}

#[tokio::test]
async fn finished_items_are_gathered_and_written_with_the_next_intent() {
    let (memory, place) = world();
    let mut state = place.lock_for("deploy").await.unwrap();
    state.edit(|_| ()).await.unwrap();
    begin(&mut state, "a").await.unwrap();
    let before = memory.keys().len();
    for n in 0..50 {
        let item = Item {
            attr: "files".to_owned(),
            key: n.to_string(),
            value: Some(json!(n)),
        };
        state.item(&"a".into(), None, item).await.unwrap();
    }
    assert!(memory.keys().len() <= before + 2, "{:?}", memory.keys());
    begin(&mut state, "b").await.unwrap();
    let read = place.read().await.unwrap();
    let files = read.records[&"a".into()].attrs["files"]
        .as_object()
        .unwrap();
    assert_eq!(files.len(), 50);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_a_dead_place_is_said() {
    let (memory, place) = world();
    let mut state = place.lock_for("deploy").await.unwrap();
    for fault in [Fault::Lost, Fault::AnswerLost] {
        memory.fail(&[Some(fault)]);
        begin(&mut state, "a").await.unwrap();
        memory.fail(&[Some(fault), None, Some(fault)]);
        end(&mut state, "a").await.unwrap();
    }
    memory.fail(&[Some(Fault::AnswerLost); 200]);
    let error = begin(&mut state, "b").await.unwrap_err();
    assert!(matches!(error, StateError::Shelf { .. }), "{error}");
    memory.fail(&[]);
    // What was written is not known, so nothing more is.
    assert!(end(&mut state, "a").await.is_err());
    state.release().await.unwrap();
    memory.advance(TERM);
    let next = place.lock_for("deploy").await.unwrap();
    assert_eq!(
        ids(next.state()),
        [("a".to_owned(), true), ("b".to_owned(), false)]
    );
}

#[tokio::test]
async fn a_page_of_another_version_is_refused() {
    let (memory, place) = world();
    let content = br#"{"version": 2, "something": "else"}"#;
    memory.put(&page::key(1), content).await.unwrap();
    let error = place.read().await.unwrap_err().to_string();
    assert!(error.contains("memory/log/000000000001.json"), "{error}");
    assert!(error.contains("format version 2"), "{error}");
    assert!(place.lock_for("deploy").await.is_err());
}

#[tokio::test]
async fn many_changes_leave_few_pages() {
    let (memory, place) = world();
    let mut state = place.lock_for("deploy").await.unwrap();
    for n in 0..100 {
        begin(&mut state, &n.to_string()).await.unwrap();
        end(&mut state, &n.to_string()).await.unwrap();
    }
    assert!(memory.keys().len() < 80, "{}", memory.keys().len());
    assert_eq!(place.read().await.unwrap().records.len(), 100);
}

#[derive(Debug, Clone)]
enum Deed {
    Lock(usize),
    Begin(usize, u8),
    End(usize, u8),
    Close(usize),
    Release(usize),
    /// It vanishes, as with `kill -9`.
    Vanish(usize),
    Wait(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let who = 0..3_usize;
    let deed = prop_oneof![
        3 => who.clone().prop_map(Deed::Lock),
        4 => (who.clone(), 0..4_u8).prop_map(|(w, id)| Deed::Begin(w, id)),
        3 => (who.clone(), 0..4_u8).prop_map(|(w, id)| Deed::End(w, id)),
        1 => who.clone().prop_map(Deed::Close),
        1 => who.clone().prop_map(Deed::Release),
        1 => who.prop_map(Deed::Vanish),
        2 => prop_oneof![Just(20), Just(61)].prop_map(Deed::Wait),
    ];
    prop::collection::vec(deed, 1..40)
}

/// What must be true: who holds it, since when, and what was acknowledged.
#[derive(Default)]
struct Truth {
    holder: Option<(usize, u64)>,
    now: u64,
    records: BTreeMap<String, bool>,
}

struct Race {
    memory: Arc<Memory>,
    place: SharedPlace,
    hands: [Option<LockedState>; 3],
    truth: Truth,
}

impl Race {
    fn is_holder(&self, who: usize) -> bool {
        self.truth.holder.is_some_and(|(holder, _)| holder == who)
    }

    async fn lock(&mut self, who: usize) {
        if self.is_holder(who) {
            return;
        }
        self.hands[who] = None;
        let free = self
            .truth
            .holder
            .is_none_or(|(_, since)| self.truth.now - since >= TERM.as_secs());
        match self.place.lock_for("test").await {
            Ok(state) => {
                assert!(free, "{who} took a state that was held");
                let known: Vec<_> = self.truth.records.clone().into_iter().collect();
                assert_eq!(ids(state.state()), known);
                self.hands[who] = Some(state);
                self.truth.holder = Some((who, self.truth.now));
            }
            Err(error) => assert!(!free, "{error}"),
        }
    }

    /// Only the holder may, and it may.
    fn judge(&mut self, who: usize, result: Result<(), StateError>, change: (&str, bool)) {
        match result {
            Ok(()) => {
                assert!(self.is_holder(who), "{who} wrote without holding it");
                let (id, ready) = change;
                match self.truth.records.get_mut(id) {
                    Some(known) => *known = ready,
                    None if !ready && !id.is_empty() => {
                        self.truth.records.insert(id.to_owned(), ready);
                    }
                    None => {}
                }
            }
            Err(error) => assert!(!self.is_holder(who), "{error}"),
        }
    }

    async fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Lock(who) => self.lock(who).await,
            Deed::Begin(who, id) => {
                if let Some(state) = &mut self.hands[who] {
                    let result = begin(state, &id.to_string()).await;
                    self.judge(who, result, (&id.to_string(), false));
                }
            }
            Deed::End(who, id) => {
                if let Some(state) = &mut self.hands[who] {
                    let result = end(state, &id.to_string()).await;
                    self.judge(who, result, (&id.to_string(), true));
                }
            }
            Deed::Close(who) => {
                if let Some(state) = &mut self.hands[who] {
                    let result = state.close().await;
                    self.judge(who, result, ("", true));
                }
            }
            Deed::Release(who) => {
                if let Some(state) = self.hands[who].take() {
                    let released = state.release().await;
                    if self.is_holder(who) {
                        released.unwrap();
                        self.truth.holder = None;
                    }
                }
            }
            Deed::Vanish(who) => self.hands[who] = None,
            Deed::Wait(seconds) => {
                self.memory.advance(Duration::from_secs(seconds));
                self.truth.now += seconds;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_there_is_one_writer_and_nothing_acknowledged_is_lost(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (memory, place) = world();
            let mut race = Race { memory, place, hands: [None, None, None], truth: Truth::default() };
            for deed in deeds {
                race.act(deed).await;
            }
            let known: Vec<_> = race.truth.records.clone().into_iter().collect();
            assert_eq!(ids(&race.place.read().await.unwrap()), known);
        });
    }
}
