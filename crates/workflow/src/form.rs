//! Reading the maps of a flow's text: keys that are needed, keys that are known, values of the right kind.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::expression::{self, Expr, Root, Words};
use crate::program::{Dataflow, Language, Program, Scope, ScopeId, ScopeKind, Step, StepId};
use crate::variables::Variables;
use crate::yaml::Entry;
use crate::{Finding, Findings, Node, Place};

/// A program being read.
pub(crate) struct Builder {
    pub(crate) words: Words,
    pub(crate) findings: Findings,
    pub(crate) variables: Variables,
    /// The root that expressions see beside those that all see.
    seen: Option<Root>,
    steps: Vec<Option<Step>>,
    scopes: Vec<Scope>,
}

impl Builder {
    pub(crate) fn new(words: Words) -> Self {
        Self {
            words,
            findings: Findings::default(),
            variables: Variables::default(),
            seen: None,
            steps: Vec::new(),
            scopes: Vec::new(),
        }
    }

    pub(crate) fn error(&mut self, at: Place, said: impl Into<String>) {
        self.findings.push(Finding::error(at, said));
    }

    pub(crate) fn scope(&mut self, kind: ScopeKind, at: Place, owner: Option<StepId>) -> ScopeId {
        self.scopes.push(Scope {
            kind,
            at,
            owner,
            start: None,
            steps: Vec::new(),
        });
        self.scopes.len() - 1
    }

    /// Numbers for steps that are read later, so that others can name them.
    pub(crate) fn reserve(&mut self, scope: ScopeId, count: usize) -> Vec<StepId> {
        let first = self.steps.len();
        self.steps.resize_with(first + count, || None);
        let ids: Vec<StepId> = (first..first + count).collect();
        self.scopes[scope].steps.clone_from(&ids);
        self.scopes[scope].start = ids.first().copied();
        ids
    }

    pub(crate) fn start(&mut self, scope: ScopeId, at: Option<StepId>) {
        self.scopes[scope].start = at;
    }

    pub(crate) fn fill(&mut self, id: StepId, step: Step) {
        self.steps[id] = Some(step);
    }

    /// Says what is wrong with variables, once all is read.
    pub(crate) fn check_variables(&mut self) {
        let mut homes = vec![0; self.steps.len()];
        for (id, scope) in self.scopes.iter().enumerate() {
            for step in &scope.steps {
                homes[*step] = id;
            }
        }
        for finding in self.variables.check(&self.scopes, &homes) {
            self.findings.push(finding);
        }
    }

    /// The program, if every step could be read.
    pub(crate) fn finish(
        self,
        language: Language,
        name: Option<String>,
        data: Dataflow,
        timeout: Option<u64>,
    ) -> (Option<Program>, Findings) {
        let steps: Option<Vec<Step>> = self.steps.into_iter().collect();
        let is_whole = !self.findings.has_errors();
        let program = steps.filter(|_| is_whole).map(|steps| Program {
            language,
            name,
            scopes: self.scopes,
            steps,
            data,
            timeout,
        });
        (program, self.findings)
    }

    /// The map that a node is, with what it is called in a message.
    pub(crate) fn form<'n>(&mut self, node: &'n Node, what: &str) -> Option<Form<'n>> {
        let Some(entries) = node.entries() else {
            self.error(
                node.at,
                format!("{what} must be a map, not {}", node.noun()),
            );
            return None;
        };
        Some(Form {
            at: node.at,
            entries,
            used: RefCell::default(),
        })
    }

    /// The items of a list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        if let Some(items) = node.items() {
            return items;
        }
        self.error(
            node.at,
            format!("{what} must be a list, not {}", node.noun()),
        );
        &[]
    }

    /// The items of a list that has one at least.
    pub(crate) fn some<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        let items = self.list(node, what);
        if items.is_empty() && node.items().is_some() {
            self.error(node.at, format!("{what} is empty, and one is needed"));
        }
        items
    }

    /// Reads something whose expressions also see what is at a root that is nothing elsewhere.
    pub(crate) fn seeing<T>(&mut self, root: Root, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.seen.replace(root);
        let made = read(self);
        self.seen = before;
        made
    }

    pub(crate) fn expression(&mut self, text: &str, at: Place) -> Option<Expr> {
        match expression::parse(text, self.words) {
            Ok(expression) => {
                self.variables.note(&expression.paths(), at);
                self.doubt_roots(&expression, at);
                self.doubt_steps(&expression, at);
                Some(expression)
            }
            Err((place, said)) => {
                let said = format!(
                    "the expression `{text}` is wrong at its character {}: {said}",
                    place + 1
                );
                self.error(at, said);
                None
            }
        }
    }

    /// `JsonPath`, whose paths those of the States Language are, reads the step of a slice and takes every item all the same.
    fn doubt_steps(&mut self, expression: &Expr, at: Place) {
        let paths = expression.paths().into_iter();
        for path in paths.filter(|path| path.has_step()) {
            let said =
                format!("the step in `{path}` has no effect: every item of the slice is taken");
            self.findings.push(Finding::warning(at, said));
        }
    }

    /// Results and items are nothing but in the fields that are made of them.
    fn doubt_roots(&mut self, expression: &Expr, at: Place) {
        if self.words != Words::Second {
            return;
        }
        let known = [
            (
                Root::Output,
                "`$Output` is nothing here: only OutputConstructor and GlobalConstructor see a result",
                "$Input is what the step gets, the output of the one before it",
            ),
            (
                Root::Item,
                "`$Item` is nothing here: only ItemConstructor sees the items",
                "inside of the map, $Input is the item",
            ),
        ];
        let paths = expression.paths();
        for (root, said, hint) in known {
            if self.seen != Some(root) && paths.iter().any(|path| path.root == root) {
                self.findings.push(Finding::warning(at, said).hint(hint));
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text<'n>(&mut self, form: &Form<'n>, key: &str) -> Option<&'n str> {
        let Some(node) = form.get(key) else {
            self.error(form.at, format!("`{key}` is missing"));
            return None;
        };
        self.text(node, key)
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let text = node.text();
        if text.is_none() {
            self.error(
                node.at,
                format!("`{key}` must be a text, not {}", node.noun()),
            );
        }
        text
    }

    pub(crate) fn optional_text<'n>(&mut self, form: &Form<'n>, key: &str) -> Option<&'n str> {
        let node = form.get(key)?;
        self.text(node, key)
    }

    /// How often, how many or how long: the whole part of a number that may be there, up to a bound.
    pub(crate) fn count(
        &mut self,
        form: &Form,
        key: &str,
        (least, most): (u32, u32),
    ) -> Option<u32> {
        let number = self.number(form, key, (f64::from(least), f64::from(most)))?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds, and the whole part is meant"
        )]
        Some(number as u32)
    }

    /// The rules in the list under a key, those that can be read; `read` also gets the rule as it stands, and whether it
    /// is the last. Their `description` says nothing to the engine.
    pub(crate) fn rules<T>(
        &mut self,
        form: &Form,
        (key, description): (&str, &str),
        mut read: impl FnMut(&mut Self, &Form, (&Node, bool)) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = form.get(key) else {
            return Vec::new();
        };
        let items = self.list(node, &format!("`{key}`"));
        let mut rules = Vec::new();
        for (number, item) in items.iter().enumerate() {
            let Some(form) = self.form(item, &format!("a rule of `{key}`")) else {
                continue;
            };
            form.get(description);
            rules.extend(read(self, &form, (item, number + 1 == items.len())));
            self.done(&form);
        }
        rules
    }

    /// A number that may be there, within bounds.
    pub(crate) fn number(
        &mut self,
        form: &Form,
        key: &str,
        (least, most): (f64, f64),
    ) -> Option<f64> {
        let node = form.get(key)?;
        match node.value().as_f64() {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(number) => {
                self.error(
                    node.at,
                    format!("`{key}` is {number}, and must be from {least} to {most}"),
                );
                None
            }
            None => {
                self.error(
                    node.at,
                    format!("`{key}` must be a number, not {}", node.noun()),
                );
                None
            }
        }
    }

    pub(crate) fn flag(&mut self, form: &Form, key: &str) -> bool {
        let Some(node) = form.get(key) else {
            return false;
        };
        let flag = node.value().as_bool();
        if flag.is_none() {
            self.error(
                node.at,
                format!("`{key}` must be true or false, not {}", node.noun()),
            );
        }
        flag.unwrap_or(false)
    }

    /// Says which keys were not asked for.
    pub(crate) fn done(&mut self, form: &Form) {
        for entry in form.unasked() {
            let used = form.used.borrow();
            let finding = Finding::warning(
                entry.at,
                format!("`{}` is not known here and has no effect", entry.key),
            );
            self.findings
                .push(match nearest(&entry.key, used.iter().map(String::as_str)) {
                    Some(known) => finding.hint(format!("did you mean `{known}`?")),
                    None => finding,
                });
        }
    }

    /// Names of errors.
    pub(crate) fn names(&mut self, form: &Form, key: &str) -> Vec<String> {
        let Some(node) = form.get(key) else {
            self.error(form.at, format!("`{key}` is missing"));
            return Vec::new();
        };
        let mut names = Vec::new();
        for item in self.list(node, &format!("`{key}`")) {
            names.extend(self.text(item, "an error's name").map(str::to_owned));
        }
        names
    }
}

/// A map whose keys are asked for one by one.
pub(crate) struct Form<'n> {
    pub(crate) at: Place,
    entries: &'n [Entry],
    used: RefCell<BTreeSet<String>>,
}

impl<'n> Form<'n> {
    /// What a key holds. The key counts as known.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.used.borrow_mut().insert(key.to_owned());
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// The entries whose keys nobody asked for until now.
    pub(crate) fn unasked(&self) -> impl Iterator<Item = &'n Entry> {
        let entries = self.entries.iter();
        entries.filter(|entry| !self.used.borrow().contains(entry.key.as_str()))
    }

    /// The first of several keys that is there.
    pub(crate) fn any(&self, keys: &[&str]) -> Option<&'n Node> {
        keys.iter().filter_map(|key| self.get(key)).next_back()
    }
}

/// The word that is nearest to another, if it is near enough to be meant.
pub(crate) fn nearest<'k>(key: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known
        .into_iter()
        .map(|word| (distance(&key.to_lowercase(), &word.to_lowercase()), word));
    near.min()
        .filter(|(distance, word)| *distance * 3 <= word.len())
        .map(|(_, word)| word)
}

/// How many letters must be changed, added or taken away to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
