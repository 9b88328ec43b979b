//! What sdev and a plugin say to each other: `plugins/PROTOCOL.md` has it in words.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The versions that this program speaks.
pub(super) const VERSIONS: &[u32] = &[1];

/// The one line that a plugin gets.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    /// The versions to choose from.
    pub(super) protocol: &'a [u32],
    /// This program's version.
    pub(super) sdev: &'a str,
    /// When it runs.
    pub(super) hook: &'a str,
    /// The command that it goes with.
    pub(super) command: &'a str,
    /// The application's name.
    pub(super) app: &'a str,
    /// The resource's name, or null for a global action.
    pub(super) resource: Option<&'a str>,
    /// Its component.
    pub(super) component: Option<&'a str>,
    /// Its properties, outputs filled in.
    pub(super) props: Option<Json>,
    /// Key `args` of the action.
    pub(super) args: Option<Json>,
    /// The manifest's folder.
    pub(super) cwd: &'a str,
}

/// A line that a plugin writes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Words for the user; the line is no reply then.
    pub(super) log: Option<String>,
    /// The version that the reply is in.
    pub(super) protocol: Option<u32>,
    /// The properties as they shall be from now on.
    pub(super) props: Option<Json>,
    /// Why it failed.
    pub(super) error: Option<Trouble>,
}

/// What went wrong in a plugin.
#[derive(Debug, Deserialize)]
pub(super) struct Trouble {
    /// What and why.
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}
