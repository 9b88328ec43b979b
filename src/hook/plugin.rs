//! A plugin: a program that gets one request and gives one reply, which may change the properties.

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::fill::fill;
use super::protocol::{Line, Request, Trouble, VERSIONS};
use super::run::{Failure, Running, Subject, unfilled};
use crate::diagnostic::{Diagnostic, Span, code};
use crate::manifest::{Entry, Hook, Node, NodeKind};
use crate::sys::env;
use crate::sys::group::{self, Job, Pipe};

/// The most that a plugin may write to standard output, in bytes.
const MOST: usize = 16 * 1024 * 1024;
/// How much of what cannot be understood is shown.
const SHOWN: usize = 80;

impl Running<'_> {
    /// Runs a plugin; changed properties are kept in the subject.
    pub(super) async fn plugin(
        &self,
        name: &str,
        arguments: Option<&Node>,
        subject: &mut Subject,
    ) -> Result<(), Failure> {
        let program = find(name, self.world.folder).map_err(|why| {
            let why = why.at(self.action.at.clone());
            Failure::new(why, &[Failure::NOT_BEGUN, Failure::ANY])
        })?;
        let outputs = self.world.outputs;
        let filled = |node: &Node| fill(node, outputs).map_err(unfilled);
        let props = subject.props.as_ref().map(filled).transpose()?;
        let cwd = std::path::absolute(self.world.folder).map_err(|e| self.unstarted(&e))?;
        let request = Request {
            protocol: VERSIONS,
            sdev: env!("CARGO_PKG_VERSION"),
            hook: self.label.hook,
            command: self.world.command,
            app: self.world.app,
            resource: subject.resource.as_deref(),
            component: subject.component.as_deref(),
            props: props.clone(),
            args: arguments.map(filled).transpose()?,
            cwd: &cwd.to_string_lossy(),
        };
        let mut input = serde_json::to_vec(&request)
            .map_err(|error| self.unstarted(&std::io::Error::other(error)))?;
        input.push(b'\n');
        let reply = self.talk(&program, &cwd, &input).await?;
        self.take(reply, props.as_ref(), subject)
    }

    /// Hands over the request and reads the reply.
    async fn talk(&self, program: &Path, cwd: &Path, input: &[u8]) -> Result<Line, Failure> {
        let command = [program.as_os_str()];
        let job = Job {
            command: &command,
            folder: cwd,
            variables: self.world.variables,
            input: Some(input),
            limit: self.world.limit,
            line: MOST,
        };
        let heard = RefCell::new(Heard::default());
        let hear = |pipe: Pipe, text: &str| {
            if pipe == Pipe::Err {
                if !text.trim().is_empty() {
                    text.trim().clone_into(&mut heard.borrow_mut().last);
                }
                self.line(true, text);
                return true;
            }
            let mut heard = heard.borrow_mut();
            heard.size += text.len() + 1;
            if heard.size > MOST {
                return false;
            }
            if let Some(words) = heard.take(text) {
                self.line(false, &words);
            }
            true
        };
        let end = group::run(&job, &hear).await;
        let end = end.map_err(|error| self.unstarted(&error))?;
        let heard = heard.into_inner();
        // What it says of its failure itself is better than its exit code.
        if let Some(trouble) = heard.reply.as_ref().and_then(|reply| reply.error.as_ref()) {
            return Err(self.reported(trouble));
        }
        self.judge(end, code::PLUGIN_FAILED, &heard.last)?;
        self.understood(heard)
    }

    fn reported(&self, trouble: &Trouble) -> Failure {
        let message = self.world.mask.hide(&trouble.message);
        let detail = format!("`{}`: {message}", self.label.what);
        let mut why = self.error(code::PLUGIN_FAILED, detail);
        why.hints.extend(trouble.hint.clone());
        Failure::new(why, &[Failure::ANY])
    }

    fn understood(&self, heard: Heard) -> Result<Line, Failure> {
        let broken = match (&heard.garbage, &heard.reply) {
            (Some(garbage), _) => {
                let garbage = self.world.mask.hide(garbage);
                format!("it wrote `{garbage}`, which is no line of the protocol")
            }
            (None, None) => "it ended without a reply".to_owned(),
            (None, Some(_)) if heard.replies > 1 => "it replied more than once".to_owned(),
            (None, Some(reply)) => match reply.protocol {
                Some(version) if VERSIONS.contains(&version) => {
                    return heard.reply.ok_or_else(|| self.broken("no reply"));
                }
                Some(version) => format!("it speaks version {version}, this sdev speaks 1"),
                None => "its reply has no `protocol`".to_owned(),
            },
        };
        Err(self.broken(&broken))
    }

    fn broken(&self, how: &str) -> Failure {
        let detail = format!("plugin `{}`: {how}", self.label.what);
        let why = self.error(code::PLUGIN_REPLY, detail);
        let why = why.hint("words for people belong on standard error");
        Failure::new(why, &[Failure::ANY])
    }

    /// Takes changed properties over.
    fn take(
        &self,
        reply: Line,
        props: Option<&Json>,
        subject: &mut Subject,
    ) -> Result<(), Failure> {
        let Some(changed) = reply.props.filter(|changed| Some(changed) != props) else {
            return Ok(());
        };
        if subject.resource.is_none() || self.action.hook != Hook::Pre {
            return Err(
                self.broken("only before the command of a resource can it change properties")
            );
        }
        if !changed.is_object() {
            return Err(self.broken("`props` must be a map"));
        }
        let (old, sent) = (subject.props.as_ref(), props);
        subject.props = Some(restore(&changed, sent, old, &self.action.at));
        subject.changed_by.push(self.label.what.clone());
        Ok(())
    }
}

/// The program of a plugin, seen from the manifest's folder: a path, else on the search path, else among the user's plugins.
///
/// # Errors
/// There is none, or it cannot be run.
pub fn find(name: &str, folder: &Path) -> Result<PathBuf, Diagnostic> {
    let found = if name.contains('/') {
        Some(folder.join(name)).filter(|path| path.exists())
    } else {
        let own = env::home().join("plugins").join(name);
        let file = format!("sdev-plugin-{name}");
        let path = env::var(env::PATH).unwrap_or_default();
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(&file));
        places
            .find(|path| path.is_file())
            .or_else(|| own.is_file().then_some(own))
    };
    match found {
        None => Err(missing(name, "there is no such program")),
        Some(path) if path.is_dir() => Err(missing(name, "it is a folder")),
        Some(path) if !is_executable(&path) => {
            let detail = format!("{} is not executable", path.display());
            let why = Diagnostic::error(code::ACTION_START, detail);
            Err(why.hint(format!("chmod +x {}", path.display())))
        }
        Some(path) => std::path::absolute(path)
            .map_err(|error| Diagnostic::error(code::ACTION_START, format!("`{name}`: {error}"))),
    }
}

fn missing(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(code::PLUGIN_MISSING, format!("plugin `{name}`: {why}")).hint(
        "plugins of Serverless Devs (npm packages) are not run: write the step as `run`, or as a program \
         that speaks sdev's protocol (plugins/PROTOCOL.md)",
    )
}

/// What was understood of what a plugin wrote.
#[derive(Default)]
struct Heard {
    reply: Option<Line>,
    replies: usize,
    garbage: Option<String>,
    size: usize,
    last: String,
}

impl Heard {
    /// Takes a line; words for the user are handed back.
    fn take(&mut self, text: &str) -> Option<String> {
        if text.trim().is_empty() {
            return None;
        }
        match serde_json::from_str::<Line>(text) {
            Ok(Line {
                log: Some(words), ..
            }) => return Some(words),
            Ok(reply) => {
                self.replies += 1;
                self.reply = Some(reply);
            }
            Err(_) if self.garbage.is_none() => {
                self.garbage = Some(text.chars().take(SHOWN).collect());
            }
            Err(_) => {}
        }
        None
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0)
}

/// Properties from a plugin: what it left as it was sent stays what it was, place, outputs, secrets and all.
fn restore(changed: &Json, sent: Option<&Json>, old: Option<&Node>, at: &Span) -> Node {
    let Some(old) = old else {
        return node(changed, at);
    };
    if sent == Some(changed) {
        return old.clone();
    }
    let Json::Object(map) = changed else {
        return node(changed, at);
    };
    let entry = |(key, value): (&String, &Json)| {
        let was = old.entry(key);
        let sent = sent.and_then(|sent| sent.get(key));
        Entry {
            key: key.clone(),
            key_at: was.map_or_else(|| at.clone(), |entry| entry.key_at.clone()),
            value: restore(value, sent, was.map(|entry| &entry.value), at),
        }
    };
    let place = if old.is_map() { &old.at } else { at };
    Node::new(
        place.clone(),
        NodeKind::Map(map.iter().map(entry).collect()),
    )
}

/// A value from a plugin, at the place of its action.
fn node(json: &Json, at: &Span) -> Node {
    let kind = match json {
        Json::Null => NodeKind::Null,
        Json::Bool(value) => NodeKind::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => NodeKind::Int(whole),
            None => NodeKind::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => NodeKind::Text(text.clone()),
        Json::Array(items) => NodeKind::List(items.iter().map(|item| node(item, at)).collect()),
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: key.clone(),
                key_at: at.clone(),
                value: node(value, at),
            };
            NodeKind::Map(map.iter().map(entry).collect())
        }
    };
    Node::new(at.clone(), kind)
}
