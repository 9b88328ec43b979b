//! Variables of the States Language: their names, which scope sets them, which may use them.
//!
//! A scope sees its own variables and those of the scopes around it, up to a distributed map, whose items are executions
//! of their own. It sets none that a scope around it sets
//! (docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html).

use std::collections::BTreeSet;

use crate::expression::{Path, Root, Segment};
use crate::form::{Builder, Form};
use crate::program::{Scope, ScopeId, StepId, Template};
use crate::template::template;
use crate::{Finding, Place};

/// How many characters a name has at most.
const NAME: usize = 80;

/// What a machine's text says of variables, as far as it is read.
#[derive(Default)]
pub(crate) struct Variables {
    /// The scope that is being read.
    scope: ScopeId,
    set: Vec<Mention>,
    used: Vec<Mention>,
    /// Maps whose items see nothing of what is around them.
    apart: BTreeSet<StepId>,
}

#[derive(Clone)]
struct Mention {
    scope: ScopeId,
    name: String,
    at: Place,
}

impl Variables {
    /// What is read from now on belongs to this scope; the one before.
    pub(crate) const fn within(&mut self, scope: ScopeId) -> ScopeId {
        std::mem::replace(&mut self.scope, scope)
    }

    /// The items of this map see no variables that are set around it.
    pub(crate) fn set_apart(&mut self, map: StepId) {
        self.apart.insert(map);
    }

    /// Notes the variables among the paths of an expression.
    pub(crate) fn note(&mut self, paths: &[&Path], at: Place) {
        let names = paths.iter().filter_map(|path| match path.segments.first() {
            Some(Segment::Key(name)) if path.root == Root::Variables => Some(name),
            _ => None,
        });
        let scope = self.scope;
        self.used.extend(names.map(|name| Mention {
            scope,
            name: name.clone(),
            at,
        }));
    }

    /// The scopes around one whose variables it sees, from the inside out; `homes` has the scope of each step.
    fn around(&self, scopes: &[Scope], homes: &[ScopeId], scope: ScopeId) -> Vec<ScopeId> {
        let mut seen = Vec::new();
        let mut here = scope;
        while let Some(owner) = scopes[here].owner {
            if self.apart.contains(&owner) {
                break;
            }
            here = homes[owner];
            seen.push(here);
        }
        seen
    }

    /// What cannot be.
    pub(crate) fn check(&self, scopes: &[Scope], homes: &[ScopeId]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for mention in &self.set {
            let around = self.around(scopes, homes, mention.scope);
            let mut others = self.named(&mention.name);
            if let Some(outer) = others.find(|other| around.contains(&other.scope)) {
                let said = format!("the variable `{}` is set around here too", mention.name);
                let finding = Finding::error(mention.at, said)
                    .hint("a branch or an item sets variables of its own; give it another name")
                    .with(outer.at, "there");
                findings.push(finding);
            }
        }
        findings.extend(
            self.used
                .iter()
                .filter_map(|mention| self.unset(mention, scopes, homes)),
        );
        findings
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Mention> {
        self.set.iter().filter(move |other| other.name == name)
    }

    fn unset(&self, mention: &Mention, scopes: &[Scope], homes: &[ScopeId]) -> Option<Finding> {
        let mut seen = self.around(scopes, homes, mention.scope);
        seen.push(mention.scope);
        let name = &mention.name;
        if self.named(name).any(|other| seen.contains(&other.scope)) {
            return None;
        }
        Some(match self.named(name).next() {
            Some(other) => {
                let said = format!("the variable `{name}` cannot be seen here");
                let hint = "branches and items keep their variables to themselves, and those of a \
                            distributed map see none from around it";
                Finding::error(mention.at, said)
                    .hint(hint)
                    .with(other.at, "it is set there")
            }
            None => Finding::error(mention.at, format!("no state sets the variable `{name}`"))
                .hint("a state sets it by `Assign`; the data itself begins with $."),
        })
    }
}

/// What makes the variables that a form sets by `Assign`.
pub(crate) fn assign(builder: &mut Builder, form: &Form) -> Option<Template> {
    let node = form.get("Assign")?;
    let Some(entries) = node.entries() else {
        let said = format!("`Assign` must be a map of variables, not {}", node.noun());
        builder.error(node.at, said);
        return None;
    };
    for entry in entries {
        let name = entry.key.strip_suffix(".$").unwrap_or(&entry.key);
        if let Some(said) = wrong(name) {
            builder.error(entry.at, said);
        }
        let (scope, at) = (builder.variables.scope, entry.at);
        builder.variables.set.push(Mention {
            scope,
            name: name.to_owned(),
            at,
        });
    }
    template(builder, node)
}

/// Why a variable cannot be called so.
fn wrong(name: &str) -> Option<String> {
    let is_first = |c: char| c.is_alphabetic() || c == '_';
    let is_word =
        name.starts_with(is_first) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if name == "states" {
        return Some("`states` is kept for the language itself and cannot be set".to_owned());
    }
    if name.chars().count() > NAME {
        return Some(format!("a variable's name has at most {NAME} characters"));
    }
    (!is_word).then(|| {
        format!("`{name}` cannot be a variable's name: a letter, then letters, digits and _")
    })
}
