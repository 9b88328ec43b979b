//! Plugins that cannot be run, told before anything happens.

use super::agenda;
use crate::diagnostic::{Diagnostics, Severity};
use crate::hook;
use crate::manifest::{Action, Block, Does, Hook, Manifest};

/// What stands against the plugins that go with a command for these blocks: errors, and warnings where the command would not fail
/// by it, or where an action before may make the program.
pub(super) fn check(manifest: &Manifest, order: &[Vec<String>], command: &str) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut lines: Vec<String> = Vec::new();
    for (action, block) in agenda::in_order(manifest, order) {
        match &action.does {
            Does::Run { line, .. } => lines.push(line.to_json().to_string()),
            Does::Plugin { name, .. } => {
                let Err(mut why) = hook::find(name, &manifest.folder) else {
                    continue;
                };
                if is_passed_over(action, block, command) || may_be_made(name, &lines) {
                    why.severity = Severity::Warning;
                }
                found.push(why.at(action.at.clone()));
            }
            Does::Component { .. } => {}
        }
    }
    found
}

/// Whether the command goes on without the action, or has failed already.
fn is_passed_over(action: &Action, block: Option<&Block>, command: &str) -> bool {
    action.hook == Hook::Fail
        || hook::may_be_missing(action, command)
        || block.is_some_and(|block| agenda::is_tolerated(block, command))
}

/// Whether one of the lines may make a plugin's program: any may write a file of the project, and whoever installs a program names it.
fn may_be_made(name: &str, lines: &[String]) -> bool {
    let mut lines = lines.iter();
    lines.any(|line| name.contains('/') || line.contains(name))
}
