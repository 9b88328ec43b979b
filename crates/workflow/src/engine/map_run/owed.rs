//! What is to be done outside for map runs.

use serde_json::Value;

use super::super::context::Spot;
use super::super::{Effect, Execution, Fault, FrameId, Mode, Tokens};
use super::shape::{file, shaped};
use super::state::{ItemState, MapRun};
use crate::data;
use crate::program::{Distributed, Format, Kind, Program, ScopeId, Template, Writer};

/// Room for a map run, and its items.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The number of the event that started it.
    pub started: u64,
    /// Its name.
    pub name: String,
    /// What is read, and where: `Bucket`, and `Prefix`, `ObjectName` or `Key`. None: the items are in the data.
    pub source: Option<(Format, Value)>,
}

/// Why a map run cannot begin, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unopened {
    /// Too many go on.
    NoRoom(String),
    /// Its items cannot be read.
    Unread(String),
}

/// Which item of which map run: what its execution reports as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemId {
    /// The number of the event that started the map run.
    pub started: u64,
    /// Its number.
    pub index: usize,
    /// How often the map run had been redriven when it began.
    pub round: u32,
}

/// The execution of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Which item.
    pub item: ItemId,
    /// The map run's name.
    pub map_run: String,
    /// The execution's name.
    pub name: String,
    /// How it runs.
    pub mode: Mode,
    /// The scope that it runs.
    pub part: ScopeId,
    /// Its input.
    pub input: Value,
}

/// The results of a map run.
#[derive(Debug, Clone, PartialEq)]
pub struct Writing {
    /// The number of the event that started the map run.
    pub started: u64,
    /// How often the map run had been redriven.
    pub round: u32,
    /// The map run's name.
    pub map_run: String,
    /// Where to: `Bucket`, and `Prefix` if it is given.
    pub place: Value,
    /// The file of what succeeded; none if nothing did.
    pub succeeded: Option<String>,
    /// The file of what failed; none if nothing did.
    pub failed: Option<String>,
    /// Whether the files have a result on each line.
    pub by_lines: bool,
}

/// What came of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finished {
    /// The name of its execution.
    pub(super) name: String,
    /// What it was given.
    pub(super) input: Value,
    /// What it yielded, or why it failed.
    pub(super) outcome: Result<Value, Fault>,
}

impl Execution {
    /// What was to be done when these events were kept and may not have been: calls that have not come back, and what
    /// map runs wait for.
    pub fn owed(&self, program: &Program, tokens: &dyn Tokens) -> Vec<Effect> {
        let calls = self.open_calls(program, tokens).into_iter();
        let mut owed: Vec<Effect> = calls.map(|call| Effect::Call(Box::new(call))).collect();
        if self.is_running() {
            for (frame, _) in self.all_map_runs() {
                owed.extend(self.owed_at(program, frame, tokens).unwrap_or_default());
            }
        }
        owed
    }

    /// What the map run at a frame waits for. The error: it is not to be had.
    pub(super) fn owed_at(
        &self,
        program: &Program,
        frame: FrameId,
        tokens: &dyn Tokens,
    ) -> Result<Vec<Effect>, Fault> {
        let Some((map_run, distributed, part)) = self.distributing(program, frame) else {
            return Ok(Vec::new());
        };
        let seen = (map_run.started, tokens);
        let own = self.run(frame).map(|run| &run.input);
        let own = own.unwrap_or(&Value::Null);
        let fill = |template: &Template| {
            self.seen(program, Spot::of(frame), seen, |around| {
                data::parameters(template, own, around)
            })
        };
        if !map_run.is_open() {
            let read = |reader: &crate::program::Reader| {
                Ok::<_, Fault>((reader.format.clone(), fill(&reader.parameters)?))
            };
            return Ok(vec![Effect::OpenMapRun(Box::new(Opening {
                started: map_run.started,
                name: map_run.name.clone(),
                source: distributed.reader.as_ref().map(read).transpose()?,
            }))]);
        }
        match (&distributed.writer, distributed.place()) {
            (Some(writer), Some(place)) if map_run.is_done() => {
                let writing = map_run.writing(writer, fill(place)?);
                Ok(vec![Effect::WriteResults(Box::new(writing))])
            }
            _ => Ok(map_run.begun(0, (distributed.mode, part))),
        }
    }

    /// The map run at a frame with its definition and its processor.
    pub(super) fn distributing<'p>(
        &self,
        program: &'p Program,
        frame: FrameId,
    ) -> Option<(&MapRun, &'p Distributed, ScopeId)> {
        let Kind::Map(fan) = &program.step(self.run(frame)?.step).kind else {
            return None;
        };
        let distributed = fan.distributed.as_deref()?;
        Some((self.map_run(frame)?, distributed, fan.body))
    }
}

impl MapRun {
    /// The executions that go on, of the items from one number on.
    pub(super) fn begun(&self, from: usize, (mode, part): (Mode, ScopeId)) -> Vec<Effect> {
        let begun = from..self.cursor;
        let running = begun.filter(|index| self.items[*index].state == ItemState::Running);
        let child = |index: usize| {
            Effect::BeginItem(Box::new(Child {
                item: ItemId {
                    started: self.started,
                    index,
                    round: self.round,
                },
                map_run: self.name.clone(),
                name: self.child_name(index),
                mode,
                part,
                input: self.items[index].input.clone(),
            }))
        };
        running.map(child).collect()
    }

    /// The files of its results.
    fn writing(&self, writer: &Writer, place: Value) -> Writing {
        let (succeeded, failed): (Vec<Finished>, Vec<Finished>) = self
            .outcomes()
            .into_iter()
            .partition(|item| item.outcome.is_ok());
        let file = |outcomes: &[Finished]| {
            let results = shaped(outcomes, writer.shape);
            (!outcomes.is_empty()).then(|| file(&results, writer.by_lines))
        };
        Writing {
            started: self.started,
            round: self.round,
            map_run: self.name.clone(),
            place,
            succeeded: file(&succeeded),
            failed: file(&failed),
            by_lines: writer.by_lines,
        }
    }

    /// What came of each item.
    pub(super) fn outcomes(&self) -> Vec<Finished> {
        let outcome = |(index, item): (usize, &super::state::Item)| {
            let outcome = match &item.state {
                ItemState::Succeeded(output) => Ok(output.clone()),
                ItemState::Failed(fault) => Err(fault.clone()),
                ItemState::Pending | ItemState::Running | ItemState::Aborted => return None,
            };
            Some(Finished {
                name: self.child_name(index),
                input: item.input.clone(),
                outcome,
            })
        };
        self.items.iter().enumerate().filter_map(outcome).collect()
    }
}
