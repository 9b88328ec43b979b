//! How executions and steps begin, and begin again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::apply::{Turn, Work};
use super::execution::Items;
use super::fault::Way;
use super::{EventKind, Fault, FrameId, Header, Millis, State, limits};
use crate::data::{self, Around};
use crate::program::{Choice, Dataflow, Fan, Kind, Language, Next, ROOT, Step, StepId, Until};

impl Turn<'_> {
    pub(super) fn begin(&mut self, header: Header) {
        let deadline = self.deadline(&header);
        let language = self.program.language;
        let input = match &self.program.data {
            Dataflow::Mappings {
                input: Some(mappings),
                ..
            } => {
                let context = || super::context::of(self.program, &self.execution, 0, self.tokens);
                let nothing = json!({});
                let around = Around {
                    language,
                    input: &header.input,
                    data: &nothing,
                    context: &context,
                    seed: &header.name,
                };
                data::first_input(Some(mappings), &around)
            }
            _ => Ok(header.input.clone()),
        };
        let checked = limits::check_map(language, &header.input, "input");
        let (input, fault) = match checked.and(input) {
            Ok(input) => (input, None),
            Err(fault) => (Value::Null, Some(fault)),
        };
        self.tell(EventKind::ExecutionStarted {
            header,
            input,
            deadline,
        });
        match fault {
            Some(fault) => self.end(EventKind::ExecutionFailed { fault }),
            None => self.open(0, ROOT),
        }
    }

    fn deadline(&self, header: &Header) -> Millis {
        let longest = header.mode.longest();
        let wanted = self
            .program
            .timeout
            .and_then(|seconds| Millis::try_from(seconds).ok());
        self.now.saturating_add(
            wanted.map_or(longest, |seconds| seconds.saturating_mul(1000).min(longest)),
        )
    }

    /// A frame is there; its first step comes.
    pub(super) fn open(&mut self, frame: FrameId, scope: usize) {
        let next = self.program.scopes[scope]
            .start
            .map_or(Next::End, Next::Step);
        self.agenda.push(Work::Go(frame, next));
    }

    pub(super) fn enter(&mut self, frame: FrameId, step: StepId) {
        let definition = self.program().step(step);
        let language = self.program.language;
        let made = self.around(frame, |around| {
            let input = data::enter(definition, around)?;
            limits::check_map(language, &input, "input")?;
            let until = self.until(definition, &input, around)?;
            Ok((input, until))
        });
        match made {
            Ok((input, until)) => {
                self.tell(EventKind::StepEntered {
                    frame,
                    step,
                    input,
                    until,
                });
                if until.is_none_or(|until| until <= self.now) {
                    self.agenda.push(Work::Perform(frame));
                }
            }
            Err(fault) => {
                self.tell(EventKind::StepEntered {
                    frame,
                    step,
                    input: Value::Null,
                    until: None,
                });
                self.agenda.push(Work::Fail(frame, fault));
            }
        }
    }

    /// The moment at which a wait ends. One that is past ends at once.
    fn until(&self, step: &Step, input: &Value, around: &Around) -> Result<Option<Millis>, Fault> {
        let Kind::Wait(until) = &step.kind else {
            return Ok(None);
        };
        let language = self.program.language;
        match until {
            Until::Seconds(expression) => {
                let value = data::value(expression, input, around)?;
                let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
                let seconds = seconds.ok_or_else(|| {
                    Fault::runtime(language, format!("a wait cannot take {value} seconds"))
                })?;
                if language != Language::States && seconds > LONGEST {
                    return Err(Fault::runtime(
                        language,
                        format!("a wait of {seconds} seconds is longer than {LONGEST}"),
                    ));
                }
                #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
                let millis = (seconds * 1000.0) as Millis;
                Ok(Some(self.now.saturating_add(millis)))
            }
            Until::Moment(expression) => {
                let value = data::value(expression, input, around)?;
                let moment = value
                    .as_str()
                    .and_then(|text| text.parse::<Timestamp>().ok());
                let moment = moment
                    .ok_or_else(|| Fault::runtime(language, format!("{value} is no moment")))?;
                Ok(Some(moment.as_millisecond()))
            }
        }
    }

    /// Does what the step at a frame is there for. Its input is there.
    pub(super) fn perform(&mut self, frame: FrameId) {
        let Some(run) = self.execution.run(frame) else {
            return;
        };
        let step = self.program().step(run.step);
        let own = run.input.clone();
        match &step.kind {
            Kind::Pass(Some(value)) => self.leave(frame, value.clone(), None),
            Kind::Pass(None) | Kind::Succeed | Kind::Wait(_) => {
                self.leave(frame, data::untouched(self.program.language, &own), None);
            }
            Kind::Fail { error, cause } => {
                let made = self.around(frame, |around| {
                    Ok(Fault::new(
                        data::text(error, &own, around)?,
                        data::text(cause, &own, around)?,
                    ))
                });
                let fault = made.unwrap_or_else(|fault| fault);
                self.fail(frame, fault, Way::Failed);
            }
            Kind::Choice(choice) => self.choose(frame, choice, &own),
            Kind::Task(task) => self.schedule(frame, task, &own),
            Kind::Parallel(scopes) => self.fork(frame, scopes, &own),
            Kind::Map(fan) => self.fan(frame, fan, &own),
        }
    }

    fn choose(&mut self, frame: FrameId, choice: &Choice, own: &Value) {
        let chosen = self.around(frame, |around| {
            for (number, case) in choice.cases.iter().enumerate() {
                if data::holds(&case.when, own, around)? {
                    return Ok(number);
                }
            }
            Ok(choice.cases.len())
        });
        let case = match chosen {
            Ok(case) => case,
            Err(fault) => return self.fail(frame, fault, Way::Failed),
        };
        let (body, next) = match choice.cases.get(case) {
            Some(case) => (case.body, case.next),
            None => (choice.default_body, choice.default),
        };
        let is_lost = case == choice.cases.len() && body.is_none() && next.is_none();
        if is_lost && self.program.language == Language::States {
            let fault = Fault::new(
                "States.NoChoiceMatched",
                "no choice matches, and there is no default",
            );
            return self.fail(frame, fault, Way::Failed);
        }
        match body {
            Some(scope) => {
                let inside = self.tell(EventKind::StepStarted {
                    frame,
                    case: Some(case),
                    count: 0,
                });
                self.open(inside, scope);
            }
            None => self.leave(frame, data::untouched(self.program.language, own), next),
        }
    }

    fn fork(&mut self, frame: FrameId, scopes: &[usize], own: &Value) {
        self.tell(EventKind::StepStarted {
            frame,
            case: None,
            count: scopes.len(),
        });
        if scopes.is_empty() {
            return self.gather(frame);
        }
        let first = self.agenda.len();
        for (index, scope) in scopes.iter().enumerate() {
            let inside = self.tell(EventKind::BranchEntered {
                frame,
                index,
                input: own.clone(),
            });
            self.open(inside, *scope);
        }
        // The last comes first, and the first branch shall.
        self.agenda[first..].reverse();
    }

    fn fan(&mut self, frame: FrameId, fan: &Fan, own: &Value) {
        let list = self.around(frame, |around| data::value(&fan.items.list, own, around));
        let items = match list {
            Ok(Value::Array(items)) => items,
            Ok(other) => {
                let cause = format!("a list is needed to go through, not {}", kind_of(&other));
                return self.fail(
                    frame,
                    Fault::runtime(self.program.language, cause),
                    Way::Failed,
                );
            }
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
        let count = items.len().min(fan.width);
        self.keep_items(frame, items);
        let first = self.agenda.len();
        for _ in 0..count {
            self.next_item(frame);
        }
        self.agenda[first..].reverse();
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
            None => match self.around(frame, |around| data::value(&fan.items.list, &own, around)) {
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

    fn item_input(
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
                    context["Map"] = json!({"Item": {"Index": index, "Value": item}});
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

    /// What failed or was under way begins again.
    pub(super) fn redrive(&mut self) {
        use super::Status;
        if !matches!(
            self.execution.status,
            Status::Failed | Status::TimedOut | Status::Stopped
        ) {
            return;
        }
        if self.execution.frames.is_empty() {
            return;
        }
        let header = self.execution.header.clone();
        let deadline = self.deadline(&header);
        self.tell(EventKind::ExecutionRedriven { deadline });
        let frames: Vec<(FrameId, usize)> = self
            .execution
            .frames
            .iter()
            .map(|(id, frame)| (*id, frame.scope))
            .collect();
        for (frame, scope) in frames.into_iter().rev() {
            match self.execution.run(frame).map(|run| &run.state) {
                None => self.open(frame, scope),
                Some(State::Entered) => self.agenda.push(Work::Perform(frame)),
                Some(_) => {}
            }
        }
    }
}

/// The longest wait, in seconds: two days.
const LONGEST: f64 = 172_800.0;

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
