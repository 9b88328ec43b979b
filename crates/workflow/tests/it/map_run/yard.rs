//! A yard of executions: one with a distributed map and those of its items, with a clock that jumps, and closures in the
//! place of functions and of the object storage.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use workflow::Program;
use workflow::engine::{
    Call, Child, Command, Effect, Event, Execution, Fault, Header, ItemId, Millis, Mode, Opening,
    Shown, Status, Unopened, Writing, apply,
};

use crate::stage::{Plain, program};

/// The execution that has the map.
pub(super) const WHOLE: &str = "run";

type Reply = Result<Value, Fault>;

/// What functions reply, and what the object storage reads and is given.
pub(super) trait World {
    fn call(&mut self, call: &Call) -> Reply;

    fn open(&mut self, opening: &Opening) -> Result<Option<Vec<Value>>, Unopened> {
        assert_eq!(opening.source, None, "nothing is read here");
        Ok(None)
    }

    fn write(&mut self, writing: &Writing) -> Result<Value, String> {
        panic!("nothing is written here: {writing:?}")
    }
}

impl<F: FnMut(&Call) -> Reply> World for F {
    fn call(&mut self, call: &Call) -> Reply {
        self(call)
    }
}

pub(super) struct Yard<W> {
    pub(super) program: Program,
    pub(super) events: BTreeMap<String, Vec<Event>>,
    pub(super) executions: BTreeMap<String, Execution>,
    /// The modes that executions of items began with.
    pub(super) modes: BTreeMap<String, Mode>,
    /// How many executions of items ever went on at once.
    pub(super) most: usize,
    pub(super) world: W,
    pub(super) now: Millis,
    is_killed: bool,
    /// Where the items report to, and what they did: kept, as their ends are.
    items: BTreeMap<String, ItemId>,
    outbox: VecDeque<(ItemId, Reply)>,
    open: VecDeque<(String, Effect)>,
}

impl<W: World> Yard<W> {
    pub(super) fn new(text: &str, world: W) -> Self {
        Self {
            program: program(text),
            events: BTreeMap::new(),
            executions: BTreeMap::new(),
            modes: BTreeMap::new(),
            most: 0,
            world,
            now: 1_600_000_000_000,
            is_killed: false,
            items: BTreeMap::new(),
            outbox: VecDeque::new(),
            open: VecDeque::new(),
        }
    }

    /// Is killed after everything that it is told: only events and the ends of items are left each time.
    pub(super) fn killed(mut self) -> Self {
        self.is_killed = true;
        self
    }

    pub(super) fn start(mut self, input: Value) -> Self {
        self.begin(input);
        self.settle();
        self
    }

    pub(super) fn begin(&mut self, input: Value) {
        let header = header(WHOLE.to_owned(), input, Mode::Standard, None);
        self.tell(WHOLE, Command::Start(header));
    }

    pub(super) fn tell(&mut self, name: &str, command: Command) {
        let before = self.executions.remove(name);
        let turned = apply(&self.program, before, command, self.now, &Plain);
        let events = self.events.entry(name.to_owned()).or_default();
        events.extend(turned.events);
        let Some(mut execution) = turned.execution else {
            return;
        };
        let text = serde_json::to_string(events).expect("events are JSON");
        let kept: Vec<Event> = serde_json::from_str(&text).expect("events come back");
        let folded = Execution::of(&self.program, &kept).expect("it began");
        assert_eq!(folded, execution, "events do not add up to the execution");
        if self.is_killed {
            execution = folded;
        }
        let outcome = match (&execution.output, &execution.fault) {
            (Some(output), _) => Some(Ok(output.clone())),
            (None, fault) => fault.clone().map(Err),
        };
        let has_ended = !execution.is_running() && !turned.effects.is_empty();
        if let (Some(item), Some(outcome), true) = (self.items.get(name), outcome, has_ended) {
            self.outbox.push_back((*item, outcome));
        }
        self.executions.insert(name.to_owned(), execution);
        for effect in turned.effects {
            self.open.push_back((name.to_owned(), effect));
        }
        self.watch();
        if self.is_killed {
            self.restart();
        }
    }

    fn watch(&mut self) {
        let running = |execution: &&Execution| execution.is_running();
        let count = self.executions.values().filter(running).count();
        self.most = self.most.max(count.saturating_sub(1));
    }

    /// Everything that is not kept is lost. What nobody waits for any more is stopped then.
    fn restart(&mut self) {
        self.open
            .retain(|(_, effect)| matches!(effect, Effect::StopItems(_)));
        for (name, execution) in &self.executions {
            let owed = execution.owed(&self.program, &Plain);
            self.open
                .extend(owed.into_iter().map(|effect| (name.clone(), effect)));
        }
    }

    pub(super) fn settle(&mut self) {
        while self.step() {}
    }

    /// Does the next thing; whether there was one.
    pub(super) fn step(&mut self) -> bool {
        if let Some((item, outcome)) = self.outbox.pop_front() {
            self.tell(WHOLE, Command::ItemEnded { item, outcome });
            return true;
        }
        if let Some((name, effect)) = self.open.pop_front() {
            self.carry_out(&name, effect);
            return true;
        }
        let going = self
            .executions
            .iter()
            .filter(|(_, execution)| execution.is_running());
        let due = going.filter_map(|(name, execution)| Some((execution.due()?, name.clone())));
        let Some((due, name)) = due.min() else {
            return false;
        };
        self.now = due.max(self.now);
        self.tell(&name, Command::Tick);
        true
    }

    fn carry_out(&mut self, name: &str, effect: Effect) {
        match effect {
            Effect::Call(call) => {
                let outcome = self.world.call(&call);
                let scheduled = call.scheduled;
                self.tell(name, Command::Returned { scheduled, outcome });
            }
            Effect::OpenMapRun(opening) => {
                let outcome = self.world.open(&opening);
                let started = opening.started;
                self.tell(name, Command::MapRunOpened { started, outcome });
            }
            Effect::WriteResults(writing) => {
                let outcome = self.world.write(&writing);
                let started = writing.started;
                self.tell(name, Command::ResultsWritten { started, outcome });
            }
            Effect::BeginItem(child) => self.begin_item(*child),
            Effect::StopItems(_) => self.stop_items(),
            Effect::Cancel(_) | Effect::Report { .. } => {}
        }
    }

    fn begin_item(&mut self, child: Child) {
        if self.executions.contains_key(&child.name) {
            return;
        }
        self.items.insert(child.name.clone(), child.item);
        self.modes.insert(child.name.clone(), child.mode);
        let header = header(
            child.name.clone(),
            child.input,
            child.mode,
            Some(child.part),
        );
        self.tell(&child.name, Command::Start(header));
    }

    fn stop_items(&mut self) {
        let left = self.items.iter();
        let left = left.filter(|(_, item)| !self.whole().awaits(**item));
        let names: Vec<String> = left.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.tell(&name, Command::Stop(Fault::new("Stopped", "nobody waits")));
        }
    }

    /// Items are stopped only after everything else that is to be done now.
    pub(super) fn delay_stops(&mut self) {
        let open = self.open.make_contiguous();
        open.sort_by_key(|(_, effect)| matches!(effect, Effect::StopItems(_)));
    }

    pub(super) fn whole(&self) -> &Execution {
        &self.executions[WHOLE]
    }

    pub(super) fn output(&self) -> Value {
        let whole = self.whole();
        whole
            .output
            .clone()
            .unwrap_or_else(|| panic!("{:?} {:?}", whole.status, whole.fault))
    }

    pub(super) fn fault(&self) -> Fault {
        self.whole().fault.clone().expect("it failed")
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        let events = self.events[WHOLE].iter();
        let history = events.filter(|event| event.kind.is_history());
        history.map(|event| event.kind.name()).collect()
    }

    /// What is to be told of the map run that began last.
    pub(super) fn shown(&self) -> Shown {
        let events = &self.events[WHOLE];
        let name = events.iter().rev().find_map(|event| match &event.kind {
            workflow::engine::EventKind::MapRunStarted { name, .. } => Some(name.clone()),
            _ => None,
        });
        let name = name.expect("there was a map run");
        Shown::of(&self.program, events, &name).expect("it is known")
    }

    pub(super) fn count(&self, status: Status) -> usize {
        let children = self.executions.iter().filter(|(name, _)| *name != WHOLE);
        children
            .filter(|(_, execution)| execution.status == status)
            .count()
    }
}

fn header(name: String, input: Value, mode: Mode, part: Option<usize>) -> Header {
    Header {
        flow: "flow".to_owned(),
        name,
        input,
        mode,
        role: String::new(),
        token: part.map(|_| "whole".to_owned()),
        caller: None,
        part,
    }
}
