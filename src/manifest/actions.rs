//! The key `actions`: which of its items go with a command, and what each does.

use std::path::Path;

use super::{Action, Does, Entry, Hook, Node, NodeKind, Tolerance, key};
use crate::diagnostic::{Diagnostic, Diagnostics, closest, code};

/// Whose actions they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Those of the whole file.
    Global,
    /// Those of one resource.
    Resource,
}

/// What all actions of a file have in common.
pub(super) struct Around<'a> {
    /// The command that they are read for.
    pub(super) command: &'a str,
    /// The folder of the manifest.
    pub(super) folder: &'a Path,
}

const HOOKS: [(&str, Hook); 5] = [
    ("pre", Hook::Pre),
    ("success", Hook::Success),
    ("fail", Hook::Fail),
    ("complete", Hook::Complete),
    ("post", Hook::Complete),
];

impl Around<'_> {
    /// The actions in `node` that go with the command, in file order. Mistakes in the others are reported too.
    pub(super) fn read(
        &self,
        node: &Node,
        level: Level,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        if !node.is_map() && !node.is_nothing() {
            let detail = format!(
                "`actions` must be a map from hooks to lists, and is {}",
                node.type_name()
            );
            diagnostics.push(wrong(detail, node));
        }
        for entry in node.entries() {
            let hook = self.hook(entry, diagnostics);
            let items = items(entry, level, diagnostics);
            for item in items {
                let read = self.item(item, level, diagnostics);
                if let (Some(hook), Some((does, tolerance))) = (hook, read) {
                    actions.push(Action {
                        hook,
                        does,
                        tolerance,
                        at: item.at.clone(),
                    });
                }
            }
        }
        actions
    }

    /// When the entry runs, if it goes with the command.
    ///
    /// The original splits the key at `-` and takes the first two parts: `pre-deploy-x` is `pre-deploy`, and a command
    /// with a `-` in its name is never met.
    fn hook(&self, entry: &Entry, diagnostics: &mut Diagnostics) -> Option<Hook> {
        let spelled = match key::spell(&entry.key, self.command) {
            Ok(spelled) => spelled,
            Err(part) => {
                let detail = format!("`{part}` cannot stand in a key of `actions`");
                diagnostics.push(
                    Diagnostic::error(code::ACTION, detail)
                        .at(entry.key_at.clone())
                        .hint("a pattern of commands is written ${regex('deploy|remove')}"),
                );
                return None;
            }
        };
        let mut parts = spelled.split('-');
        let (word, command) = (parts.next().unwrap_or_default(), parts.next());
        let Some((_, hook)) = HOOKS.iter().find(|(name, _)| *name == word) else {
            diagnostics.push(no_hook(entry, word));
            return None;
        };
        let Some(command) = command else {
            let detail = format!("`{}` names no command and never runs", entry.key);
            diagnostics.push(
                Diagnostic::warning(code::ACTION, detail)
                    .at(entry.key_at.clone())
                    .hint(format!("write {word}-deploy")),
            );
            return None;
        };
        (command == self.command || command == "true").then_some(*hook)
    }

    fn item(
        &self,
        item: &Node,
        level: Level,
        diagnostics: &mut Diagnostics,
    ) -> Option<(Does, Tolerance)> {
        let tolerance = tolerance(item.entry("allow_failure"), diagnostics);
        let does = match (
            item.entry("run"),
            item.entry("plugin"),
            item.entry("component"),
        ) {
            (Some(run), None, None) => self.run(item, run, diagnostics),
            (None, Some(plugin), None) => word(plugin, diagnostics).map(|name| Does::Plugin {
                name,
                arguments: item.get("args").filter(|args| !args.is_null()).cloned(),
            }),
            (None, None, Some(component)) if level == Level::Global => {
                let detail =
                    "a component's command runs among the actions of a resource only, and not here";
                diagnostics
                    .push(Diagnostic::warning(code::ACTION, detail).at(component.key_at.clone()));
                None
            }
            (None, None, Some(component)) => {
                word(component, diagnostics).map(|line| Does::Component { line })
            }
            _ => {
                let detail = "an action has one of `run`, `plugin` and `component`";
                let at = if item.entries().is_empty() {
                    &item.at
                } else {
                    &item.entries()[0].key_at
                };
                diagnostics.push(
                    Diagnostic::error(code::ACTION, detail)
                        .at(at.clone())
                        .hint("- run: npm ci && npm run build"),
                );
                None
            }
        };
        does.map(|does| (does, tolerance))
    }

    fn run(&self, item: &Node, run: &Entry, diagnostics: &mut Diagnostics) -> Option<Does> {
        let line = match &run.value.kind {
            NodeKind::Text(_)
            | NodeKind::Join(_)
            | NodeKind::Output { .. }
            | NodeKind::Secret(_) => run.value.clone(),
            _ => {
                word(run, diagnostics)?;
                return None;
            }
        };
        let path = match item.entry("path").filter(|path| !path.value.is_nothing()) {
            Some(path) => word(path, diagnostics)?,
            None => "./".to_owned(),
        };
        Some(Does::Run {
            line,
            folder: self.folder.join(path),
        })
    }
}

/// The items of an entry, which must be a list. Of a resource's the original says nothing before it runs: one item
/// without its dash counts.
fn items<'n>(entry: &'n Entry, level: Level, diagnostics: &mut Diagnostics) -> &'n [Node] {
    match &entry.value.kind {
        NodeKind::List(items) => items,
        NodeKind::Null | NodeKind::Failed => &[],
        NodeKind::Map(_) if level == Level::Resource => {
            let detail = format!("`{}` should be a list, and is one item", entry.key);
            diagnostics.push(
                Diagnostic::warning(code::ACTION, detail)
                    .at(entry.value.at.clone())
                    .hint("put `- ` before it"),
            );
            std::slice::from_ref(&entry.value)
        }
        _ => {
            let detail = format!(
                "`{}` must be a list of actions, and is {}",
                entry.key,
                entry.value.type_name()
            );
            diagnostics.push(wrong(detail, &entry.value));
            &[]
        }
    }
}

fn no_hook(entry: &Entry, word: &str) -> Diagnostic {
    let detail = format!("`{}` begins with no hook and never runs", entry.key);
    let warning = Diagnostic::warning(code::ACTION, detail).at(entry.key_at.clone());
    match closest(word, HOOKS.iter().map(|(name, _)| *name)) {
        Some(near) => warning.hint(format!("did you mean `{near}-…`?")),
        None => {
            warning.hint("hooks: pre-, success-, fail-, complete-, each with the name of a command")
        }
    }
}

/// A value that must be a text that is known now.
fn word(entry: &Entry, diagnostics: &mut Diagnostics) -> Option<String> {
    if let Some(text) = entry.value.as_str().filter(|text| !text.trim().is_empty()) {
        return Some(text.to_owned());
    }
    if !entry.value.is_failed() {
        let detail = format!(
            "`{}` must be a text that is not empty, and is {}",
            entry.key,
            entry.value.type_name()
        );
        diagnostics.push(wrong(detail, &entry.value));
    }
    None
}

/// What `allow_failure` says: true, or the exit codes and commands whose failure does not count.
pub(super) fn tolerance(entry: Option<&Entry>, diagnostics: &mut Diagnostics) -> Tolerance {
    let Some(entry) = entry.filter(|entry| !entry.value.is_nothing()) else {
        return Tolerance::default();
    };
    match &entry.value.kind {
        NodeKind::Bool(all) => Tolerance {
            all: *all,
            ..Tolerance::default()
        },
        NodeKind::Map(_) => Tolerance {
            all: false,
            exit_codes: list(entry, "exit_code", Node::as_i64, diagnostics),
            commands: list(
                entry,
                "command",
                |node| node.as_str().map(str::to_owned),
                diagnostics,
            ),
        },
        _ => {
            let detail = format!(
                "`{}` must be true, false or a map, and is {}",
                entry.key,
                entry.value.type_name()
            );
            diagnostics.push(
                Diagnostic::error(code::WRONG_TYPE, detail)
                    .at(entry.value.at.clone())
                    .hint("allow_failure: { exit_code: [1], command: [deploy] }"),
            );
            Tolerance::default()
        }
    }
}

fn list<T>(
    entry: &Entry,
    key: &str,
    of: impl Fn(&Node) -> Option<T>,
    diagnostics: &mut Diagnostics,
) -> Vec<T> {
    let Some(node) = entry.value.get(key).filter(|node| !node.is_nothing()) else {
        return Vec::new();
    };
    let one = std::slice::from_ref(node);
    let items = if let NodeKind::List(items) = &node.kind {
        items
    } else {
        one
    };
    let mut found = Vec::new();
    for item in items {
        match of(item) {
            Some(value) => found.push(value),
            None => diagnostics.push(
                Diagnostic::error(
                    code::WRONG_TYPE,
                    format!("`{key}` cannot hold {}", item.type_name()),
                )
                .at(item.at.clone())
                .hint("allow_failure: { exit_code: [1], command: [deploy] }"),
            ),
        }
    }
    found
}

fn wrong(detail: String, node: &Node) -> Diagnostic {
    Diagnostic::error(code::ACTION, detail)
        .at(node.at.clone())
        .hint("actions: { pre-deploy: [{ run: npm ci }] }")
}
