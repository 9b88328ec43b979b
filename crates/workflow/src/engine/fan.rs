//! Maps: a scope for each item, so many at a time.

use serde_json::{Value, json};

use super::apply::{Turn, Work};
use super::execution::Items;
use super::fault::Way;
use super::map_run::policy::whole;
use super::{EventKind, Fault, FrameId, State};
use crate::data::{self, Around};
use crate::program::{Fan, Kind, Language};

impl Turn<'_> {
    pub(super) fn fan(&mut self, frame: FrameId, fan: &Fan, own: &Value) {
        if let Some(distributed) = &fan.distributed {
            return self.distribute(frame, distributed, own);
        }
        let found = self
            .items(frame, fan, own)
            .and_then(|items| Ok((items, self.width(frame, fan, own)?)));
        let (items, width) = match found {
            Ok(found) => found,
            Err(fault) => return self.fail(frame, fault, Way::Failed),
        };
        self.tell(EventKind::StepStarted {
            frame,
            case: None,
            count: items.len(),
        });
        if items.is_empty() {
            return self.gather(frame);
        }
        let count = items.len().min(width);
        self.keep_items(frame, items);
        let first = self.agenda.len();
        for _ in 0..count {
            self.next_item(frame);
        }
        self.agenda[first..].reverse();
    }

    /// The items that are in the data.
    pub(super) fn items(
        &self,
        frame: FrameId,
        fan: &Fan,
        own: &Value,
    ) -> Result<Vec<Value>, Fault> {
        match self.list(frame, fan, own)? {
            Value::Array(items) => Ok(items),
            other => {
                let cause = format!("a list is needed to go through, not {}", kind_of(&other));
                Err(Fault::runtime(self.program.language, cause))
            }
        }
    }

    /// What the items are, with variables as they were when the map began: found again, they are the same.
    fn list(&self, frame: FrameId, fan: &Fan, own: &Value) -> Result<Value, Fault> {
        self.around(frame, |around| {
            let run = self.execution.run(frame);
            let global = run.map_or(around.global, |run| &run.variables);
            data::value(&fan.items.list, own, &Around { global, ..*around })
        })
    }

    /// How many of them are worked on at once.
    fn width(&self, frame: FrameId, fan: &Fan, own: &Value) -> Result<usize, Fault> {
        let wanted = self.around(frame, |around| whole(fan.width.as_ref(), own, around))?;
        let wanted = wanted.filter(|wanted| *wanted > 0).unwrap_or(fan.most);
        Ok(usize::try_from(wanted.min(fan.most)).unwrap_or(usize::MAX))
    }

    fn keep_items(&mut self, frame: FrameId, found: Vec<Value>) {
        if let Some(State::Inside { items, .. }) =
            self.execution.run_mut(frame).map(|run| &mut run.state)
        {
            *items = Items(Some(found.into()));
        }
    }

    /// Begins the next iteration, if there is one.
    pub(super) fn next_item(&mut self, frame: FrameId) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let State::Inside {
            begun,
            results,
            items,
            ..
        } = &run.state
        else {
            return;
        };
        let (index, own) = (*begun, run.input.clone());
        let Kind::Map(fan) = &self.program().step(run.step).kind else {
            return;
        };
        if index >= results.len() {
            return;
        }
        let item = match items.0.as_ref().and_then(|items| items.get(index)) {
            Some(item) => item.clone(),
            None => match self.list(frame, fan, &own) {
                Ok(Value::Array(found)) => {
                    let item = found.get(index).cloned().unwrap_or_default();
                    self.keep_items(frame, found);
                    item
                }
                _ => Value::Null,
            },
        };
        match self.item_input(frame, fan, &own, (index, item)) {
            Ok(input) => {
                let inside = self.tell(EventKind::IterationEntered {
                    frame,
                    index,
                    input,
                });
                self.open(inside, fan.body);
            }
            Err(fault) => self.agenda.push(Work::Fail(frame, fault)),
        }
    }

    /// What an iteration, or the execution of an item, gets.
    pub(super) fn item_input(
        &self,
        frame: FrameId,
        fan: &Fan,
        own: &Value,
        (index, item): (usize, Value),
    ) -> Result<Value, Fault> {
        if let Some(template) = &fan.each {
            let made = self.around(frame, |around| {
                let inner = around.context;
                let context = || {
                    let mut context = inner();
                    context["Map"] = super::context::map_item(index, &item);
                    context
                };
                data::each(
                    template,
                    own,
                    &item,
                    &Around {
                        context: &context,
                        ..*around
                    },
                )
            });
            return made;
        }
        Ok(match (self.program.language, item) {
            (Language::First, item) => {
                let mut added = serde_json::Map::new();
                added.extend(fan.items.item.clone().map(|name| (name, item)));
                added.extend(fan.items.index.clone().map(|name| (name, json!(index))));
                data::union(own.clone(), &Value::Object(added))
            }
            // The second language takes maps only; other items are put under a name.
            (Language::Second, item) if !item.is_object() => json!({"Item": item}),
            (_, item) => item,
        })
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
