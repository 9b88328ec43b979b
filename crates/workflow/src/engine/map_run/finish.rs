//! How map runs end well, and how they go on after a redrive.

use serde_json::{Value, json};

use super::super::apply::Turn;
use super::super::{EventKind, Fault, FrameId};
use super::shape::{lines, shaped};
use crate::program::{Language, Shape};

impl Turn<'_> {
    /// Asks for what a map run waits for, or ends it if that is nothing.
    pub(in super::super) fn resume_map_run(&mut self, frame: FrameId) {
        match self.execution.owed_at(self.program, frame, self.tokens) {
            Ok(owed) if owed.is_empty() => self.conclude(frame),
            Ok(owed) => self.effects.extend(owed),
            Err(fault) => self.fail_map_run(frame, fault),
        }
    }

    /// A map run whose items are all done has its results written, or yields them.
    pub(super) fn conclude(&mut self, frame: FrameId) {
        let Some((map_run, distributed, _)) = self.execution.distributing(self.program, frame)
        else {
            return;
        };
        if !map_run.is_done() {
            return;
        }
        if distributed.place().is_some() {
            return self.resume_map_run(frame);
        }
        let outcomes = map_run.outcomes();
        let shape = distributed.writer.as_ref().map(|writer| writer.shape);
        let results = shaped(&outcomes, shape.unwrap_or(Shape::Compact));
        let result = match (&distributed.writer, self.program.language) {
            (Some(writer), _) if writer.by_lines => Value::from(lines(&results)),
            (None, Language::Second) => json!({"Items": results}),
            _ => Value::from(results),
        };
        self.succeed_map_run(frame, result);
    }

    /// The results of a map run were written, or cannot be.
    pub(in super::super) fn results_written(
        &mut self,
        started: u64,
        outcome: Result<Value, String>,
    ) {
        let Some(frame) = self.find_map_run(started, super::MapRun::is_done) else {
            return;
        };
        match outcome {
            Ok(output) => self.succeed_map_run(frame, output),
            Err(cause) => {
                let language = self.program.language;
                let fault = Fault::map_run(language, "ResultWriterFailed", cause);
                self.fail_map_run(frame, fault);
            }
        }
    }

    fn succeed_map_run(&mut self, frame: FrameId, result: Value) {
        let Some(map_run) = self.execution.map_run(frame) else {
            return;
        };
        let name = map_run.name.clone();
        self.tell(EventKind::MapRunSucceeded { frame, name });
        self.leave(frame, result, None);
    }
}
