//! What may be written at a position.

use std::ops::Range;

use super::outline::{Outline, Shape};
use super::spot::{Expression, Spot, spot};
use super::vocabulary::{FUNCTIONS, Said, component_of, keys_at, outputs, word_at};
use crate::component;

/// What a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A key.
    Key,
    /// A value.
    Value,
    /// A component.
    Component,
    /// A function of expressions.
    Function,
    /// A name that this file makes: a variable, resource or template.
    Name,
}

/// One thing that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is shown in the list.
    pub label: String,
    /// What it is.
    pub sort: Sort,
    /// A few words beside it, such as the type.
    pub detail: String,
    /// What is said of it, in Markdown.
    pub docs: String,
    /// What takes the place of `replaces`.
    pub insert: String,
    /// The same with `$1` where writing goes on, when that is not its end.
    pub snippet: Option<String>,
    /// The bytes that go.
    pub replaces: Range<usize>,
}

/// All that may be written at `byte` of the text. The client filters by what is typed already.
pub fn complete(text: &str, outline: &Outline, byte: usize) -> Vec<Proposal> {
    let seen = Seen { text, outline };
    match spot(text, outline, byte) {
        Some(Spot::Key {
            parent,
            typed,
            has_colon,
        }) => {
            let mut found = seen.keys(&parent, &typed, has_colon);
            found.extend(seen.values(&parent, &typed));
            found
        }
        Some(Spot::Value { path, typed }) => seen.values(&path, &typed),
        Some(Spot::Expression(expression)) => seen.inside(&expression, byte),
        None => Vec::new(),
    }
}

struct Seen<'t> {
    text: &'t str,
    outline: &'t Outline,
}

impl Seen<'_> {
    fn keys(&self, parent: &[String], typed: &Range<usize>, has_colon: bool) -> Vec<Proposal> {
        let there: Vec<&str> = match self.outline.find(parent.iter().map(String::as_str)) {
            Some(at) => {
                let item = |at: &usize| &self.outline.items[*at];
                let others = self.outline.items[at].children.iter().map(item);
                // The key that is being written may still change.
                let others = others.filter(|item| item.key_at.start != typed.start);
                others.map(|item| item.key.as_str()).collect()
            }
            None => Vec::new(),
        };
        let is_flow = self.is_flow(parent);
        let column = typed.start - self.text[..typed.start].rfind('\n').map_or(0, |at| at + 1);
        let form = |word: &Said| match (has_colon, is_flow || !word.is_block) {
            (true, _) => word.name.to_owned(),
            (_, true) => format!("{}: ", word.name),
            (_, false) => format!("{}:\n{}", word.name, " ".repeat(column + 2)),
        };
        keys_at(self.text, self.outline, parent)
            .iter()
            .filter(|word| !there.contains(&word.name))
            .map(|word| Proposal {
                label: word.name.to_owned(),
                sort: Sort::Key,
                detail: word.takes.clone(),
                docs: docs(word),
                insert: form(word),
                snippet: None,
                replaces: typed.clone(),
            })
            .collect()
    }

    fn is_flow(&self, path: &[String]) -> bool {
        let at = self.outline.find(path.iter().map(String::as_str));
        at.is_some_and(|at| {
            matches!(
                self.outline.items[at].shape,
                Shape::FlowMap | Shape::FlowList
            )
        })
    }

    fn values(&self, path: &[String], typed: &Range<usize>) -> Vec<Proposal> {
        let path_words: Vec<&str> = path.iter().map(String::as_str).collect();
        let named = |names: Vec<&str>, detail: &str| -> Vec<Proposal> {
            let one = |name: &&str| proposal(name, (Sort::Name, detail), "", typed);
            names.iter().map(one).collect()
        };
        match path_words.as_slice() {
            ["resources", _, "component"] => component::names()
                .filter_map(component::schema)
                .map(|c| proposal(c.name, (Sort::Component, "component"), c.about, typed))
                .collect(),
            ["resources", _, "extend", "name"] => {
                named(self.outline.keys(["template"]), "template")
            }
            ["flow", _, ..] if path_words.len() > 2 => {
                named(self.outline.keys(["resources"]), "resource")
            }
            _ => {
                let word = word_at(self.text, self.outline, path);
                let values = word.map(|word| (word.values, word.docs));
                let (values, docs) = values.unwrap_or_default();
                let one = |value: &String| proposal(value, (Sort::Value, ""), docs, typed);
                values.iter().map(one).collect()
            }
        }
    }

    fn inside(&self, expression: &Expression, byte: usize) -> Vec<Proposal> {
        let typed = &self.text[expression.inner.start..byte];
        if typed.contains(['(', '"', '\'']) {
            return Vec::new();
        }
        let (before, start) = match typed.rfind('.') {
            Some(dot) => (&typed[..dot], expression.inner.start + dot + 1),
            None => ("", byte - typed.trim_start().len()),
        };
        let rest = &self.text[byte..expression.inner.end];
        let end = byte + rest.find(['.', '(', ' ', '\'']).unwrap_or(rest.len());
        let replaces = start..end;
        let steps: Vec<&str> = before.trim().split('.').filter(|s| !s.is_empty()).collect();
        let names = |names: Vec<&str>, detail: &str| -> Vec<Proposal> {
            let one = |name: &&str| proposal(name, (Sort::Name, detail), "", &replaces);
            names.iter().map(one).collect()
        };
        let own = self.resource_at(byte);
        match (steps.as_slice(), own.as_deref()) {
            ([], own) => self.roots(own.is_some(), &replaces),
            (["vars", ..], _) => names(self.outline.keys(steps.iter().copied()), "variable"),
            (["this"], Some(_)) => names(
                vec!["props", "name", "component", "access"],
                "of this resource",
            ),
            (["this", rest @ ..], Some(own)) => self.of_resource(own, rest, &replaces),
            (["resources"], _) => names(self.outline.keys(["resources"]), "resource"),
            (["resources", _], _) => names(vec!["props", "output"], ""),
            (["resources", name, rest @ ..], _) => self.of_resource(name, rest, &replaces),
            _ => Vec::new(),
        }
    }

    fn roots(&self, in_resource: bool, replaces: &Range<usize>) -> Vec<Proposal> {
        let root = |name: &str, docs: &str| proposal(name, (Sort::Name, ""), docs, replaces);
        let mut found = vec![root("vars", "The file's variables.")];
        if in_resource {
            found.push(root("this", "The resource that this stands in."));
        }
        found.push(root(
            "resources",
            "The resources: their properties and outputs.",
        ));
        let followed = self.text[replaces.end..].starts_with('(');
        found.extend(FUNCTIONS.iter().map(|(name, form, docs)| {
            let mut one = proposal(name, (Sort::Function, form), docs, replaces);
            one.detail = form.replace("$1", "…");
            if !followed {
                one.insert = form.replace("$1", "");
                one.snippet = Some((*form).to_owned());
            }
            one
        }));
        found
    }

    /// What follows `resources.NAME.`: `steps` begin with `props` or `output`.
    fn of_resource(&self, name: &str, steps: &[&str], replaces: &Range<usize>) -> Vec<Proposal> {
        if steps == ["output"] {
            let component = component_of(self.text, self.outline, name);
            let outputs = component.map(outputs).unwrap_or_default();
            let one = |(name, docs): &(&str, &str)| {
                proposal(name, (Sort::Name, "output"), docs, replaces)
            };
            return outputs.iter().map(one).collect();
        }
        let path = ["resources", name].into_iter().chain(steps.iter().copied());
        let keys = self.outline.keys(path);
        let one = |key: &&str| proposal(key, (Sort::Name, "property"), "", replaces);
        keys.iter().map(one).collect()
    }

    /// The resource that `byte` is in.
    fn resource_at(&self, byte: usize) -> Option<String> {
        let resources = self.outline.find(["resources"])?;
        let item = |at: &usize| &self.outline.items[*at];
        let before = |at: &&usize| item(at).key_at.start <= byte;
        let found = self.outline.items[resources]
            .children
            .iter()
            .rfind(before)?;
        let next = self.outline.items[0].children.iter().map(item);
        let ended = next
            .filter(|top| top.key_at.start > item(&resources).key_at.start)
            .any(|top| top.key_at.start <= byte);
        (!ended).then(|| item(found).key.clone())
    }
}

fn proposal(label: &str, (sort, detail): (Sort, &str), docs: &str, at: &Range<usize>) -> Proposal {
    Proposal {
        label: label.to_owned(),
        sort,
        detail: detail.to_owned(),
        docs: docs.to_owned(),
        insert: label.to_owned(),
        snippet: None,
        replaces: at.clone(),
    }
}

/// What is said of a word, in Markdown.
pub(super) fn docs(word: &Said) -> String {
    let mut docs = word.docs.to_owned();
    if let Some(default) = word.default {
        docs = format!("{docs}\n\nDefault: {default}");
    }
    if !word.values.is_empty() {
        let values: Vec<String> = word.values.iter().map(|v| format!("`{v}`")).collect();
        docs = format!("{docs}\n\nValues: {}", values.join(", "));
    }
    docs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels at the `|` in a text.
    fn labels(marked: &str) -> Vec<String> {
        found(marked).into_iter().map(|p| p.label).collect()
    }

    fn found(marked: &str) -> Vec<Proposal> {
        let byte = marked.find('|').unwrap();
        let text = marked.replacen('|', "", 1);
        complete(&text, &Outline::new(&text), byte)
    }

    const FILE: &str = "edition: 3.0.0\nvars: {region: cn, o: {a: 1, b: 2}}\ntemplate: {t: {region: x}}\nresources:\n  web:\n    component: site\n    props:\n      source: ./x\n      spa: @\n";

    fn at(mark: &str) -> Vec<String> {
        labels(&FILE.replace('@', mark))
    }

    #[test]
    fn keys_that_are_not_there_yet() {
        let top = labels("edition: 3.0.0\n|\n");
        assert!(top.contains(&"resources".to_owned()) && !top.contains(&"edition".to_owned()));
        let props = at("true\n      |");
        assert!(props.contains(&"domain".to_owned()) && !props.contains(&"source".to_owned()));
        assert!(at("true\n    |").contains(&"actions".to_owned()));
        assert!(at("true\n    actions:\n      |").contains(&"pre-deploy".to_owned()));
        assert!(
            at("true\n    actions:\n      pre-deploy:\n        - |").contains(&"run".to_owned())
        );
        assert_eq!(
            at("true\n      cdn:\n        ttl:\n          - path: /\n            |"),
            ["extensions", "seconds"]
        );
    }

    #[test]
    fn the_edit_replaces_what_is_typed_and_goes_on_right() {
        let found = found("resources:\n  web:\n    pro|\n");
        let props = found.iter().find(|p| p.label == "props").unwrap();
        assert_eq!(props.insert, "props:\n      ");
        assert_eq!(props.replaces, 22..25);
    }

    #[test]
    fn values() {
        assert_eq!(at("|"), ["true", "false"]);
        let components: Vec<&str> = crate::component::names().collect();
        assert_eq!(labels("resources:\n  a:\n    component: |\n"), components);
        let trigger = "resources:\n  a:\n    component: fc3\n    props:\n      triggers:\n        - triggerType: |\n";
        assert!(labels(trigger).contains(&"timer".to_owned()));
        assert_eq!(at("true\n    extend:\n      name: |"), ["t"]);
        assert_eq!(
            labels("resources: {a: {}, b: {}}\nflow:\n  deploy:\n    - [a, |]\n"),
            ["a", "b"]
        );
        assert_eq!(
            labels("resources: {a: {}, b: {}}\nflow:\n  deploy:\n    - - |\n"),
            ["a", "b"]
        );
    }

    #[test]
    fn inside_expressions() {
        assert_eq!(at("${vars.|}"), ["region", "o"]);
        assert_eq!(at("${vars.o.|"), ["a", "b"]);
        assert_eq!(at("${this.props.|}"), ["source", "spa"]);
        assert_eq!(at("${resources.|"), ["web"]);
        assert_eq!(at("${resources.web.|"), ["props", "output"]);
        assert!(at("${resources.web.output.|").contains(&"url".to_owned()));
        let roots = at("${|");
        assert!(
            ["vars", "this", "resources", "env"]
                .iter()
                .all(|r| roots.iter().any(|l| l == r))
        );
        assert!(!labels("x: ${|}\n").contains(&"this".to_owned()));
        let one = &found("x: ${en|}\n")[2..];
        let env = one.iter().find(|p| p.label == "env").unwrap();
        assert_eq!(
            (env.insert.as_str(), env.snippet.as_deref()),
            ("env('')", Some("env('$1')"))
        );
        assert_eq!(env.replaces, 5..7);
    }
}
