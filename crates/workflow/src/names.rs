//! States that follow each other by name, as two of the languages have it.

use std::collections::BTreeMap;

use crate::form::{Builder, Form, nearest};
use crate::program::{Kind, Next, ScopeId, StepId};
use crate::{Finding, Node};

/// The states of one scope by name.
pub(crate) struct Names {
    pub(crate) scope: ScopeId,
    ids: BTreeMap<String, StepId>,
}

impl Names {
    pub(crate) const fn new(scope: ScopeId) -> Self {
        Self {
            scope,
            ids: BTreeMap::new(),
        }
    }

    /// One more; the one that had the name before, if there is one.
    pub(crate) fn add(&mut self, name: &str, id: StepId) -> Option<StepId> {
        self.ids.insert(name.to_owned(), id)
    }

    pub(crate) fn find(&self, builder: &mut Builder, node: &Node, key: &str) -> Option<Next> {
        let text = builder.text(node, key)?;
        let found = self.ids.get(text).copied().map(Next::Step);
        if found.is_none() {
            let finding = Finding::error(
                node.at,
                format!("there is no state `{text}` beside this one"),
            );
            let near = nearest(text, self.ids.keys().map(String::as_str));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{key} names a state of the same list of states"),
            };
            builder.findings.push(finding.hint(hint));
        }
        found
    }

    /// What a key names that must be there.
    pub(crate) fn need(&self, builder: &mut Builder, form: &Form, key: &str) -> Option<Next> {
        let Some(node) = form.get(key) else {
            builder.error(form.at, format!("`{key}` is missing"));
            return None;
        };
        self.find(builder, node, key)
    }

    /// Lets the scope begin where `StartAt` says.
    pub(crate) fn start(&self, builder: &mut Builder, form: &Form) {
        if let Some(Next::Step(id)) = self.need(builder, form, "StartAt") {
            builder.start(self.scope, Some(id));
        }
    }

    /// What follows a state by its `Next` or `End`.
    pub(crate) fn next(&self, builder: &mut Builder, form: &Form, kind: &Kind) -> Option<Next> {
        let is_end = builder.flag(form, "End");
        let follower = form.get("Next");
        match (kind, follower) {
            (Kind::Succeed | Kind::Fail { .. }, None) => Some(Next::Return),
            (Kind::Succeed | Kind::Fail { .. } | Kind::Choice(_), Some(node)) => {
                builder.error(node.at, format!("a {} has no `Next`", kind.word()));
                None
            }
            (Kind::Choice(_), None) => Some(Next::End),
            (_, Some(node)) if is_end => {
                builder.error(node.at, "a state has `Next` or `End: true`, not both");
                None
            }
            (_, Some(node)) => self.find(builder, node, "Next"),
            (_, None) if is_end => Some(Next::End),
            (_, None) => {
                builder.findings.push(
                    Finding::error(form.at, "`Next` is missing")
                        .hint("the last state has End: true"),
                );
                None
            }
        }
    }
}
