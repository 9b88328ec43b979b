//! A line for the shell.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::run::{Failure, Running};
use crate::diagnostic::{Diagnostic, code};
use crate::sys::group::{self, End, Job, Pipe};

/// Longer lines come in pieces.
const LINE: usize = 64 * 1024;

impl Running<'_> {
    /// Runs a line in a folder.
    pub(super) async fn shell(&self, line: &str, folder: &Path) -> Result<(), Failure> {
        if !folder.is_dir() {
            let detail = format!("{} is not a folder", folder.display());
            let why = self.error(code::ACTION_FOLDER, detail);
            return Err(Failure::new(why, &[Failure::NOT_BEGUN]));
        }
        let command = ["sh", "-c", line].map(OsStr::new);
        let job = Job {
            command: &command,
            folder,
            variables: self.world.variables,
            input: None,
            limit: self.world.limit,
            line: LINE,
        };
        let last = RefCell::new(String::new());
        let hear = |pipe: Pipe, text: &str| {
            if pipe == Pipe::Err && !text.trim().is_empty() {
                text.trim().clone_into(&mut last.borrow_mut());
            }
            self.line(pipe == Pipe::Err, text);
            true
        };
        let end = group::run(&job, &hear).await;
        let end = end.map_err(|error| self.unstarted(&error))?;
        let last = last.into_inner();
        self.judge(end, code::ACTION_FAILED, &last)
    }

    /// What an end means.
    pub(super) fn judge(
        &self,
        end: End,
        failed: crate::diagnostic::Code,
        last: &str,
    ) -> Result<(), Failure> {
        let said = if last.is_empty() {
            String::new()
        } else {
            format!(": {}", self.world.mask.hide(last))
        };
        match end {
            End::Exit(0) => Ok(()),
            End::Exit(exit) => {
                let detail = format!("`{}` ended with exit code {exit}{said}", self.label.what);
                Err(Failure::new(
                    self.error(failed, detail),
                    &[exit.into(), Failure::ANY],
                ))
            }
            End::Late => {
                let after = duration(self.world.limit);
                let detail = format!("`{}` was stopped after {after}", self.label.what);
                let why = self.error(code::ACTION_TIME, detail);
                let why = why.hint("give it more time: --action-timeout 2h");
                Err(Failure::new(why, &[Failure::ANY]))
            }
            End::Refused => {
                let detail = format!("`{}` wrote too much", self.label.what);
                let why = self.error(code::PLUGIN_REPLY, detail);
                Err(Failure::new(why, &[Failure::ANY]))
            }
            End::Interrupted => {
                let detail = format!("`{}` was interrupted", self.label.what);
                Err(Failure::interrupted(self.error(code::INTERRUPTED, detail)))
            }
        }
    }

    pub(super) fn unstarted(&self, error: &std::io::Error) -> Failure {
        let detail = format!("`{}`: {error}", self.label.what);
        Failure::new(self.error(code::ACTION_START, detail), &[Failure::ANY])
    }

    pub(super) fn error(
        &self,
        code: crate::diagnostic::Code,
        detail: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(code, detail).at(self.action.at.clone())
    }
}

fn duration(limit: Duration) -> String {
    if limit.as_secs() >= 1 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}
