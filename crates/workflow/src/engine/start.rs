//! How executions and steps begin, and begin again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::apply::{Turn, Work};
use super::context::Spot;
use super::{EventKind, Fault, FrameId, Header, Millis, State, limits};
use crate::data::{self, Around};
use crate::expression::{Chance, Kept, moment};
use crate::program::{Dataflow, Kind, Language, Next, ROOT, Step, StepId, Until};

impl Turn<'_> {
    pub(super) fn begin(&mut self, header: Header) {
        let deadline = self.deadline(&header);
        let language = self.program.language;
        let input = match &self.program.data {
            Dataflow::Mappings {
                input: Some(mappings),
                ..
            } => {
                let spot = Spot::of(0);
                let context =
                    || super::context::of(self.program, &self.execution, spot, self.tokens);
                let nothing = json!({});
                let chance = Chance::of(header.name.as_str());
                let around = Around {
                    language,
                    input: &header.input,
                    data: &nothing,
                    global: &Kept::none(),
                    context: &context,
                    chance: &chance,
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
            None => self.open(0, self.execution.header.part.unwrap_or(ROOT)),
        }
    }

    fn deadline(&self, header: &Header) -> Millis {
        let longest = header.mode.longest();
        // What the text says is for a whole execution, not for one of an item.
        let whole = self.program.timeout.filter(|_| header.part.is_none());
        let wanted = whole.and_then(|seconds| Millis::try_from(seconds).ok());
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
        let spot = Spot {
            frame,
            entering: Some((step, self.now)),
        };
        let (input, until) = self.at(spot, |around| {
            let input = match data::enter(definition, around) {
                Ok(input) => input,
                Err(fault) => return (data::given(around), Err(fault)),
            };
            if let Err(fault) = limits::check_map(language, &input, "input") {
                return (Value::Null, Err(fault));
            }
            let until = self.until(definition, &input, around);
            (input, until)
        });
        let unfit = until.is_err();
        let (until, fault) = until.map_or_else(|fault| (None, Some(fault)), |until| (until, None));
        self.tell(EventKind::StepEntered {
            frame,
            step,
            input,
            until,
            unfit,
        });
        if let Some(fault) = fault {
            self.agenda.push(Work::Fail(frame, fault));
        } else if until.is_none_or(|until| until <= self.now) {
            self.agenda.push(Work::Perform(frame));
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
                self.check_wait(seconds)?;
                #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
                let millis = (seconds * 1000.0) as Millis;
                Ok(Some(self.now.saturating_add(millis)))
            }
            Until::Moment(expression) => {
                let value = data::value(expression, input, around)?;
                let parse: fn(&str) -> Option<Timestamp> = match language {
                    Language::States => moment,
                    Language::First | Language::Second => |text| text.parse().ok(),
                };
                let moment = value.as_str().and_then(parse);
                let moment = moment
                    .ok_or_else(|| Fault::runtime(language, format!("{value} is no moment")))?;
                let moment = moment.as_millisecond();
                #[allow(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
                let seconds = moment.saturating_sub(self.now).max(0) as f64 / 1000.0;
                self.check_wait(seconds)?;
                Ok(Some(moment))
            }
        }
    }

    /// Whether a wait may take so many seconds.
    fn check_wait(&self, seconds: f64) -> Result<(), Fault> {
        let language = self.program.language;
        let Some(bounds) = self.execution.header.mode.wait(language) else {
            return Ok(());
        };
        let (compared, bound) = match seconds {
            _ if bounds.contains(&seconds) => return Ok(()),
            _ if seconds < *bounds.start() => ("shorter", bounds.start()),
            _ => ("longer", bounds.end()),
        };
        let cause = format!("a wait of {seconds} seconds is {compared} than {bound}");
        Err(Fault::runtime(language, cause))
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
        if self.execution.frames.is_empty() || self.execution.is_full() {
            return;
        }
        let header = self.execution.header.clone();
        let deadline = self.deadline(&header);
        let hollow = self.hollow();
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
                Some(State::Distributing(_)) => self.resume_map_run(frame),
                Some(_) => {
                    let fault = hollow.get(&frame).cloned();
                    let again = fault.map(|fault| Work::Fail(frame, fault));
                    self.agenda.extend(again);
                }
            }
        }
    }

    /// Steps that failed by themselves with nothing inside of them, and why: results that do not fit, an item whose input
    /// cannot be made. No branch, iteration or option goes on that could lead there again, and it would be the same.
    fn hollow(&self) -> BTreeMap<FrameId, Fault> {
        let frames = &self.execution.frames;
        let around: BTreeSet<FrameId> = frames.values().filter_map(|inner| inner.parent).collect();
        let failed = frames.iter().filter_map(|(id, frame)| {
            let run = frame.at.as_ref()?;
            let is_inside = matches!(run.state, State::Inside { .. });
            let fault = run
                .fault
                .clone()
                .filter(|_| is_inside && !around.contains(id))?;
            Some((*id, fault))
        });
        failed.collect()
    }
}
