//! How map runs begin: their policy, their items, their batches.

use serde_json::{Value, json};

use super::super::apply::Turn;
use super::super::fault::Way;
use super::super::limits::{self, ITEMS};
use super::super::size::size;
use super::super::{EventKind, Fault, FrameId, Policy};
use super::owed::Unopened;
use super::policy::whole;
use crate::data;
use crate::expression::Chance;
use crate::program::{Batcher, Distributed, Fan, Kind, Language};

/// The inputs of executions, and how many items each has; none: one.
type Inputs = (Vec<Value>, Vec<u64>);

impl Turn<'_> {
    /// Begins to distribute the items of a map.
    pub(in super::super) fn distribute(
        &mut self,
        frame: FrameId,
        distributed: &Distributed,
        own: &Value,
    ) {
        let policy = self.around(frame, |around| Policy::of(&distributed.bounds, own, around));
        match policy {
            Ok(policy) => {
                let name = self.map_run_name();
                self.tell(EventKind::MapRunStarted {
                    frame,
                    name,
                    policy,
                });
                self.resume_map_run(frame);
            }
            Err(fault) => self.fail(frame, fault, Way::Failed),
        }
    }

    /// A name that no other map run has, and the same whenever the same happens.
    fn map_run_name(&self) -> String {
        let execution = &self.execution;
        let header = &execution.header;
        let seed = format!(
            "{}/{}/{}/{}",
            header.flow, header.name, execution.started, execution.events
        );
        Chance::of(seed).identifier().replace('-', "")
    }

    /// There is room for a map run, and what is to be read was.
    pub(in super::super) fn map_run_opened(
        &mut self,
        started: u64,
        outcome: Result<Option<Vec<Value>>, Unopened>,
    ) {
        let Some(frame) = self.find_map_run(started, |map_run| !map_run.is_open()) else {
            return;
        };
        let language = self.program.language;
        let outcome = outcome.map_err(|why| match why {
            Unopened::NoRoom(cause) => Fault::map_run(language, "MapRunLimitExceeded", cause),
            Unopened::Unread(cause) => Fault::map_run(language, "ItemReaderFailed", cause),
        });
        match outcome.and_then(|read| self.inputs(frame, read)) {
            Ok((inputs, sizes)) => {
                self.tell_map_run(
                    frame,
                    EventKind::MapRunOpened {
                        frame,
                        inputs,
                        sizes,
                    },
                );
                self.conclude(frame);
            }
            Err(fault) => self.fail_map_run(frame, fault),
        }
    }

    fn inputs(&self, frame: FrameId, read: Option<Vec<Value>>) -> Result<Inputs, Fault> {
        let language = self.program.language;
        let nothing = || Fault::runtime(language, "there is no distributed map here");
        let run = self.execution.run(frame).ok_or_else(nothing)?;
        let Kind::Map(fan) = &self.program.step(run.step).kind else {
            return Err(nothing());
        };
        let distributed = fan.distributed.as_deref().ok_or_else(nothing)?;
        let own = &run.input;
        let mut items = match read {
            Some(items) => items,
            None => self.items(frame, fan, own)?,
        };
        let bound = distributed.bounds.items.as_ref();
        let most = self.around(frame, |around| whole(bound, own, around))?;
        if let Some(most) = most.filter(|most| *most > 0) {
            items.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        if items.len() > ITEMS {
            let cause = format!(
                "a map run has {ITEMS} items at most, and there are {}",
                items.len()
            );
            return Err(Fault::map_run(language, "MapRunLimitExceeded", cause));
        }
        let inputs = match &distributed.batcher {
            None => (self.item_inputs(frame, (fan, own), items)?, Vec::new()),
            Some(batcher) => self.batches(frame, (fan, own), (batcher, items))?,
        };
        for input in &inputs.0 {
            limits::check(language, &[input])?;
            limits::check_map(language, input, "item")?;
        }
        Ok(inputs)
    }

    fn item_inputs(
        &self,
        frame: FrameId,
        (fan, own): (&Fan, &Value),
        items: Vec<Value>,
    ) -> Result<Vec<Value>, Fault> {
        let items = items.into_iter().enumerate();
        let inputs = items.map(|item| self.item_input(frame, fan, own, item));
        inputs.collect()
    }

    /// Items put together, as many as fit into one input.
    fn batches(
        &self,
        frame: FrameId,
        (fan, own): (&Fan, &Value),
        (batcher, items): (&Batcher, Vec<Value>),
    ) -> Result<Inputs, Fault> {
        let language = self.program.language;
        let (most, bytes, input) = self.around(frame, |around| {
            let most = whole(batcher.items.as_ref(), own, around)?;
            let bytes = whole(batcher.bytes.as_ref(), own, around)?;
            let input = batcher.input.as_ref();
            let input = input.map(|template| data::parameters(template, own, around));
            Ok::<_, Fault>((most, bytes, input.transpose()?))
        })?;
        // What is put together as it is needs no name of its own.
        let items = match &fan.each {
            None => items,
            Some(_) => self.item_inputs(frame, (fan, own), items)?,
        };
        let as_count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let whole_batch = |items: &[Value]| match &input {
            Some(input) => json!({"BatchInput": input, "Items": items}),
            None => json!({"Items": items}),
        };
        let most = most.filter(|most| *most > 0).map_or(usize::MAX, as_count);
        let bytes = bytes
            .filter(|bytes| *bytes > 0)
            .map_or(usize::MAX, as_count);
        let room = bytes.min(limits::most(language));
        let empty = size(&whole_batch(&[]));
        let (mut inputs, mut sizes, mut batch) = (Vec::new(), Vec::new(), Vec::new());
        let mut filled = empty;
        for item in items {
            let more = size(&item);
            // One more byte for the comma before it.
            if !batch.is_empty() && (batch.len() >= most || filled + 1 + more > room) {
                inputs.push(whole_batch(&batch));
                sizes.push(batch.len() as u64);
                batch.clear();
                filled = empty;
            }
            filled += more + usize::from(!batch.is_empty());
            batch.push(item);
        }
        if !batch.is_empty() {
            inputs.push(whole_batch(&batch));
            sizes.push(batch.len() as u64);
        }
        Ok((inputs, sizes))
    }
}

impl Fault {
    /// An error of a map run.
    pub(super) fn map_run(language: Language, name: &str, cause: impl Into<String>) -> Self {
        let family = match language {
            Language::States => "States",
            Language::First | Language::Second => "FnF",
        };
        Self::new(format!("{family}.{name}"), cause)
    }
}
