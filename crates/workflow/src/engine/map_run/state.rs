//! How far a map run is.

use serde_json::Value;

use super::super::{Fault, ItemId, Millis, Policy};

/// A map run: the items of a distributed map, and how far each is.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRun {
    /// What it is called.
    pub name: String,
    /// The number of the event that started it.
    pub started: u64,
    /// When it began.
    pub since: Millis,
    /// How it is carried out.
    pub policy: Policy,
    /// How many items there are, by how far they are.
    pub counts: Counts,
    /// How often it was redriven.
    pub round: u32,
    /// Whether its items are there.
    is_open: bool,
    is_failed: bool,
    /// Executions: one for each item or batch.
    pub(super) items: Vec<Item>,
    /// All before this one have begun.
    pub(super) cursor: usize,
    /// How many executions go on.
    pub(super) running: u64,
}

/// An item, or a batch of items.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) input: Value,
    pub(super) size: u64,
    pub(super) state: ItemState,
}

/// How far an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemState {
    /// It waits for its turn.
    Pending,
    /// Its execution goes on.
    Running,
    /// Its execution yielded this.
    Succeeded(Value),
    /// Its execution failed so.
    Failed(Fault),
    /// Its execution was stopped because the map run failed.
    Aborted,
}

/// How many items there are, by how far they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the states of items")]
pub struct Counts {
    pub total: u64,
    pub pending: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub aborted: u64,
}

impl Counts {
    const fn of(&mut self, state: &ItemState) -> &mut u64 {
        match state {
            ItemState::Pending => &mut self.pending,
            ItemState::Running => &mut self.running,
            ItemState::Succeeded(_) => &mut self.succeeded,
            ItemState::Failed(_) => &mut self.failed,
            ItemState::Aborted => &mut self.aborted,
        }
    }
}

impl MapRun {
    pub(super) fn new(name: String, (started, since): (u64, Millis), policy: Policy) -> Self {
        Self {
            name,
            started,
            since,
            policy,
            counts: Counts::default(),
            round: 0,
            is_open: false,
            is_failed: false,
            items: Vec::new(),
            cursor: 0,
            running: 0,
        }
    }

    /// Whether its items are there.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether it has not failed. One that succeeded is there no more.
    pub const fn is_running(&self) -> bool {
        !self.is_failed
    }

    /// Whether the items are there and none of them waits or goes on.
    pub(super) const fn is_done(&self) -> bool {
        let is_left = self.running > 0 || self.cursor < self.items.len();
        self.is_open && !self.is_failed && !is_left
    }

    /// Whether the execution of an item goes on; not one of an earlier round.
    pub(super) fn awaits(&self, item: ItemId) -> bool {
        let found = self.items.get(item.index);
        let found = found.filter(|_| self.round == item.round);
        found.is_some_and(|found| found.state == ItemState::Running)
    }

    /// Why an item failed.
    pub(super) fn last_fault(&self) -> Option<&Fault> {
        let mut faults = self
            .items
            .iter()
            .rev()
            .filter_map(|item| match &item.state {
                ItemState::Failed(fault) => Some(fault),
                _ => None,
            });
        faults.next()
    }

    /// Its items are there.
    pub(super) fn open(&mut self, inputs: &[Value], sizes: &[u64]) {
        let item = |(index, input): (usize, &Value)| Item {
            input: input.clone(),
            size: sizes.get(index).copied().unwrap_or(1),
            state: ItemState::Pending,
        };
        self.items = inputs.iter().enumerate().map(item).collect();
        self.counts.total = self.items.iter().map(|item| item.size).sum();
        self.counts.pending = self.counts.total;
        self.is_open = true;
        self.fill();
    }

    /// Begins as many items as may go on at once.
    pub(super) fn fill(&mut self) {
        while !self.is_failed && self.running < self.policy.width && self.cursor < self.items.len()
        {
            if self.items[self.cursor].state == ItemState::Pending {
                self.set(self.cursor, ItemState::Running);
            }
            self.cursor += 1;
        }
    }

    /// An item is in another state.
    pub(super) fn set(&mut self, index: usize, state: ItemState) {
        let Some(item) = self.items.get_mut(index) else {
            return;
        };
        *self.counts.of(&item.state) -= item.size;
        *self.counts.of(&state) += item.size;
        self.running -= u64::from(item.state == ItemState::Running);
        self.running += u64::from(state == ItemState::Running);
        item.state = state;
    }

    /// It failed: what goes on is given up.
    pub(super) fn give_up(&mut self) {
        self.is_failed = true;
        for index in 0..self.cursor {
            if self.items[index].state == ItemState::Running {
                self.set(index, ItemState::Aborted);
            }
        }
    }

    /// What did not succeed begins again.
    pub(in super::super) fn redrive(&mut self) {
        self.round += 1;
        self.is_failed = false;
        for index in 0..self.items.len() {
            if !matches!(self.items[index].state, ItemState::Succeeded(_)) {
                self.set(index, ItemState::Pending);
            }
        }
        self.cursor = 0;
        self.fill();
    }

    /// What the execution of an item is called: another name in each round.
    pub(super) fn child_name(&self, index: usize) -> String {
        let round = match self.round {
            0 => String::new(),
            round => format!("-{round}"),
        };
        format!("_{}-{index}{round}", self.name)
    }
}
