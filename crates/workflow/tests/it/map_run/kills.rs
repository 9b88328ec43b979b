//! Whatever is killed and whenever: no item whose result was recorded runs again.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use workflow::engine::{Call, Command, EventKind, Fault, Opening, Status, Unopened, Writing};

use super::yard::{WHOLE, World, Yard};
use super::{Storage, flow, stored};

/// Counts the results that items were given, and writes down what is asked of it.
#[derive(Default)]
struct Tally {
    calls: BTreeMap<String, usize>,
}

impl World for &mut Tally {
    fn call(&mut self, call: &Call) -> Result<Value, Fault> {
        *self.calls.entry(call.input.to_string()).or_default() += 1;
        Ok(call.input.clone())
    }
}

#[test]
fn a_kill_after_every_turn_leads_to_the_same_end() {
    for width in [1, 3, 100] {
        let text = flow(&format!("  MaxConcurrency: {width}"));
        let list: Vec<u32> = (0..12).collect();
        let (mut plain, mut killed) = (Tally::default(), Tally::default());
        let wanted = Yard::new(&text, &mut plain)
            .start(json!({"list": list}))
            .output();
        let yard = Yard::new(&text, &mut killed)
            .killed()
            .start(json!({"list": list}));
        assert_eq!(yard.output(), wanted);
        assert_eq!(yard.count(Status::Succeeded), 12);
        for (name, events) in &yard.events {
            let succeeded = events.iter();
            let succeeded = succeeded.filter(|event| event.kind.name() == "TaskSucceeded");
            assert_eq!(succeeded.count(), usize::from(name != WHOLE), "{name}");
        }
        let recorded = yard.events[WHOLE]
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::MapRunItemEnded { index, .. } => Some(*index),
                _ => None,
            });
        let mut recorded: Vec<usize> = recorded.collect();
        recorded.sort_unstable();
        assert_eq!(recorded, (0..12).collect::<Vec<_>>());
    }
}

#[test]
fn a_kill_while_items_are_read_or_results_written_loses_nothing() {
    let wanted = stored("there", false);
    let text = flow(super::STORED).replace("  ItemsPath: $Input.list\n", "");
    let world = Storage {
        written: Vec::new(),
        is_broken: false,
    };
    let yard = Yard::new(&text, world)
        .killed()
        .start(json!({"object": "there"}));
    assert_eq!(yard.output(), wanted.output());
    let written: &[Writing] = &yard.world.written;
    assert!(!written.is_empty());
    assert!(
        written
            .iter()
            .all(|writing| *writing == wanted.world.written[0])
    );
}

/// Lets the execution be stopped at a chosen moment, in the middle of whatever it is about.
#[test]
fn a_stop_at_any_moment_leaves_nothing_running() {
    let text = flow("  MaxConcurrency: 2");
    for moment in 0..40 {
        let mut tally = Tally::default();
        let mut yard = Yard::new(&text, &mut tally);
        yard.begin(json!({"list": [1, 2, 3, 4, 5]}));
        for _ in 0..moment {
            yard.step();
        }
        yard.tell(WHOLE, Command::Stop(Fault::new("Enough", "")));
        yard.settle();
        assert!(
            yard.executions.values().all(|one| !one.is_running()),
            "{moment}"
        );
        let counts = yard.shown().counts;
        let all = counts.pending + counts.succeeded + counts.failed + counts.aborted;
        assert_eq!((counts.running, all), (0, counts.total), "{moment}");
    }
}

#[test]
fn a_redrive_after_a_stop_takes_no_report_of_the_round_before() {
    struct Late;
    impl World for Late {
        fn call(&mut self, call: &Call) -> Result<Value, Fault> {
            Ok(call.input.clone())
        }
        fn open(&mut self, _: &Opening) -> Result<Option<Vec<Value>>, Unopened> {
            Ok(None)
        }
    }
    for moment in 1..12 {
        let mut yard = Yard::new(&flow("  MaxConcurrency: 2"), Late);
        yard.begin(json!({"list": [1, 2, 3]}));
        for _ in 0..moment {
            yard.step();
        }
        yard.tell(WHOLE, Command::Stop(Fault::new("Enough", "")));
        // The stop of the items has not been heard of when the execution begins again.
        yard.tell(WHOLE, Command::Redrive);
        yard.delay_stops();
        yard.settle();
        let output = yard.output();
        assert_eq!(
            output,
            json!({"Items": [{"Item": 1}, {"Item": 2}, {"Item": 3}]}),
            "{moment}"
        );
    }
}
