//! Runs a recipe.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::time::Duration;

use super::recipe::Recipe;
use crate::diagnostic::{Diagnostic, code};
use crate::sys::group::{self, End, Job, Pipe};

/// Longer lines come in pieces.
const LINE: usize = 64 * 1024;
/// What a shell exits with when it finds no program.
const NOT_FOUND: i32 = 127;

/// What a recipe that runs tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// It begins.
    Began,
    /// A line that it wrote.
    Line {
        /// Whether to standard error.
        error: bool,
        /// The line, as it came.
        text: &'a str,
    },
}

/// How it ended when it ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made;

/// Runs a recipe for a resource to its end, with these variables too.
///
/// # Errors
/// The program is missing, fails, or takes longer than `limit`; what it should make is not there then; or it was interrupted.
pub async fn run(
    recipe: &Recipe,
    (resource, variables): (&str, &[(String, String)]),
    limit: Duration,
    tell: &dyn Fn(Event<'_>),
) -> Result<Made, Diagnostic> {
    tell(Event::Began);
    let own = recipe.program().map(|program| program.as_os_str());
    let command = recipe.command.iter().map(OsStr::new);
    let command: Vec<&OsStr> = own
        .into_iter()
        .chain(command.skip(own.iter().len()))
        .collect();
    // What the user sets counts more than what is usual.
    let is_set = |name: &str| {
        std::env::var_os(name).is_some() || variables.iter().any(|(own, _)| own == name)
    };
    let usual = recipe.variables.iter().filter(|(name, _)| !is_set(name));
    let path = recipe.path(value_of("PATH", variables).as_deref());
    let path = path.map(|path| ("PATH".to_owned(), path));
    let all = usual.chain(variables).cloned().chain(path);
    let all: Vec<(String, String)> = all.collect();
    let job = Job {
        command: &command,
        folder: &recipe.folder,
        variables: &all,
        input: None,
        limit,
        line: LINE,
    };
    let last = RefCell::new(String::new());
    let hear = |pipe: Pipe, text: &str| {
        if !text.trim().is_empty() {
            text.trim().clone_into(&mut last.borrow_mut());
        }
        let error = pipe == Pipe::Err;
        tell(Event::Line { error, text });
        true
    };
    let end = match group::run(&job, &hear).await {
        Ok(end) => end,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(recipe, resource)),
        Err(error) => {
            return Err(failed(
                recipe,
                resource,
                &format!("cannot be started: {error}"),
            ));
        }
    };
    judge(end, recipe, resource, limit, &last.into_inner())
}

/// What a variable says to what is run with these variables too.
fn value_of(name: &str, variables: &[(String, String)]) -> Option<String> {
    let own = variables.iter().rev().find(|(own, _)| own == name);
    own.map(|(_, value)| value.clone())
        .or_else(|| std::env::var(name).ok())
}

/// What an end means.
fn judge(
    end: End,
    recipe: &Recipe,
    resource: &str,
    limit: Duration,
    last: &str,
) -> Result<Made, Diagnostic> {
    match end {
        End::Exit(0) if recipe.is_missing() => {
            let made = recipe.made.as_deref().unwrap_or(&recipe.folder);
            Err(failed(
                recipe,
                resource,
                &format!("ended well and made no {}", made.display()),
            ))
        }
        End::Exit(0) => Ok(Made),
        End::Exit(NOT_FOUND) => Err(missing(recipe, resource)),
        End::Exit(exit) => Err(failed(
            recipe,
            resource,
            &format!("ended with exit code {exit}: {last}"),
        )),
        End::Late => Err(failed(
            recipe,
            resource,
            &format!("was stopped after {} s", limit.as_secs()),
        )
        .hint("give it more time: --timeout 2h")),
        End::Interrupted | End::Refused => {
            let detail = format!("`{}` was interrupted", recipe.line());
            Err(Diagnostic::error(code::INTERRUPTED, detail))
        }
    }
}

fn failed(recipe: &Recipe, resource: &str, why: &str) -> Diagnostic {
    let detail = format!("`{}` of `{resource}` {why}", recipe.line());
    Diagnostic::error(code::BUILD_FAILED, detail)
}

fn missing(recipe: &Recipe, resource: &str) -> Diagnostic {
    let error = failed(recipe, resource, "cannot be found on this machine");
    match recipe.package {
        "" => error,
        package => error.hint(format!("to get it: {package}")),
    }
}
