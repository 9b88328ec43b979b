//! All actions of one hook, in the order of the file.

use std::path::Path;
use std::time::Duration;

use serde_json::Value as Json;

use super::fill;
use super::{Event, Label};
use crate::diagnostic::{Diagnostic, code};
use crate::manifest::{Action, Does, Hook, Node};
use crate::secret::{Mask, Secrets};

/// What all actions of a run have in common.
pub struct World<'a> {
    /// The command that they go with.
    pub command: &'a str,
    /// The application's name.
    pub app: &'a str,
    /// The manifest's folder.
    pub folder: &'a Path,
    /// Variables beside those of this process.
    pub variables: &'a [(String, String)],
    /// Who knows the texts of secrets.
    pub secrets: &'a dyn Secrets,
    /// What hides them in what programs write.
    pub mask: &'a Mask,
    /// How long each may take.
    pub limit: Duration,
    /// What is known of a resource's output; an empty path is the whole of it.
    pub outputs: &'a (dyn Fn(&str, &str) -> Option<Json> + Sync),
    /// Who hears what happens.
    pub tell: &'a (dyn Fn(Event) + Sync),
}

/// What the actions belong to.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The resource's name; `None`: the whole application.
    pub resource: Option<String>,
    /// Its component.
    pub component: Option<String>,
    /// Its properties, as plugins have left them.
    pub props: Option<Node>,
    /// The plugins that changed the properties.
    pub changed_by: Vec<String>,
}

/// How the actions of a hook ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All well, or passed over.
    Well,
    /// One failed; those after it were not begun.
    Failed,
    /// The user stopped it.
    Interrupted,
}

/// One action that runs.
pub(super) struct Running<'a> {
    pub(super) action: &'a Action,
    pub(super) label: Label,
    pub(super) world: &'a World<'a>,
}

/// Why an action failed, and the exit codes by which `allow_failure` may name that.
pub(super) struct Failure {
    why: Box<Diagnostic>,
    codes: Vec<i64>,
    interrupted: bool,
}

/// Whether an action's failure to begin is passed over.
pub fn may_be_missing(action: &Action, command: &str) -> bool {
    let mut codes = [Failure::NOT_BEGUN, Failure::ANY].into_iter();
    codes.any(|code| action.tolerance.covers(command, code))
}

impl Failure {
    /// What the original exits with after any failed action.
    pub(super) const ANY: i64 = 101;
    /// What the original exits with when an action cannot begin.
    pub(super) const NOT_BEGUN: i64 = 100;

    pub(super) fn new(why: Diagnostic, codes: &[i64]) -> Self {
        Self {
            why: Box::new(why),
            codes: codes.to_vec(),
            interrupted: false,
        }
    }

    pub(super) fn interrupted(why: Diagnostic) -> Self {
        Self {
            why: Box::new(why),
            codes: Vec::new(),
            interrupted: true,
        }
    }
}

/// Runs those of `actions` that belong to `hook`, one after the other, to the first failure that counts.
pub async fn run(
    actions: &[Action],
    hook: Hook,
    subject: &mut Subject,
    world: &World<'_>,
) -> Ending {
    for action in actions.iter().filter(|action| action.hook == hook) {
        let label = Label::new(action, subject.resource.as_deref());
        let running = Running {
            action,
            label: label.clone(),
            world,
        };
        (world.tell)(Event::Began(label.clone()));
        let Err(failure) = running.run(subject).await else {
            (world.tell)(Event::Done(label));
            continue;
        };
        let covers = |code: &i64| action.tolerance.covers(world.command, *code);
        let allowed = !failure.interrupted && failure.codes.iter().any(covers);
        (world.tell)(Event::Failed {
            label,
            why: failure.why,
            allowed,
        });
        if failure.interrupted {
            return Ending::Interrupted;
        }
        if !allowed {
            return Ending::Failed;
        }
    }
    Ending::Well
}

impl Running<'_> {
    async fn run(&self, subject: &mut Subject) -> Result<(), Failure> {
        match &self.action.does {
            Does::Run { line, folder } => {
                let (outputs, secrets) = (self.world.outputs, self.world.secrets);
                let line = fill::line(line, outputs, secrets).map_err(unfilled)?;
                self.shell(&line, folder).await
            }
            Does::Plugin { name, arguments } => {
                self.plugin(name, arguments.as_ref(), subject).await
            }
            Does::Component { line } => {
                let detail = format!("`{line}` is a command of a component; none can be run yet");
                let why = self.error(code::NOT_SUPPORTED_YET, detail);
                let why = why.hint("write it as `run`, or pass it over with `allow_failure: true`");
                Err(Failure::new(why, &[Failure::ANY]))
            }
        }
    }

    /// Tells a line that the program wrote, without secrets.
    pub(super) fn line(&self, error: bool, text: &str) {
        (self.world.tell)(Event::Line {
            label: self.label.clone(),
            error,
            text: self.world.mask.hide(text).into_owned(),
        });
    }
}

/// An output that is not known fails the action before it begins.
pub(super) fn unfilled(why: Diagnostic) -> Failure {
    Failure::new(why, &[Failure::ANY])
}
