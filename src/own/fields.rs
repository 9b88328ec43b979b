//! Reads a map of settings: each by name and type, every mistake with its place, nothing unknown left over.

use globset::{GlobBuilder, GlobMatcher};

use crate::diagnostic::{Diagnostic, Diagnostics, Span, closest, code};
use crate::manifest::{Entry, Node, NodeKind};

/// A map being read.
pub(super) struct Fields<'a> {
    entries: &'a [Entry],
    path: String,
    at: &'a Span,
    /// Whether a name was not known, or its value failed.
    slipped: bool,
}

impl<'a> Fields<'a> {
    /// The settings in `node`, reported under `path`. `None`, and an error, when it is no map; names outside `known` are
    /// errors.
    pub(super) fn new(
        node: &'a Node,
        path: &str,
        known: &[&'static str],
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let NodeKind::Map(entries) = &node.kind else {
            diagnostics.extend(bad(path, "a map", node));
            return None;
        };
        for entry in entries.iter().filter(|e| !known.contains(&e.key.as_str())) {
            let detail = format!("`{path}` has no key `{}`", entry.key);
            let error = Diagnostic::error(code::UNKNOWN_SETTING, detail).at(entry.key_at.clone());
            diagnostics.push(match closest(&entry.key, known.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("keys: {}", known.join(", "))),
            });
        }
        Some(Self {
            entries,
            path: path.to_owned(),
            at: &node.at,
            slipped: entries
                .iter()
                .any(|e| !known.contains(&e.key.as_str()) || e.value.is_failed()),
        })
    }

    /// The entry of a name.
    pub(super) fn entry(&self, name: &str) -> Option<&'a Entry> {
        let mut stated = self.entries.iter().filter(|e| !e.value.is_null());
        stated.find(|e| e.key == name)
    }

    /// The value of a name.
    pub(super) fn node(&self, name: &str) -> Option<&'a Node> {
        self.entry(name).map(|e| &e.value)
    }

    /// Whether a name was not known, or its value failed: it may be what is missed.
    pub(super) fn slipped(&self) -> bool {
        self.slipped
    }

    /// Where the map is.
    pub(super) fn at(&self) -> &'a Span {
        self.at
    }

    /// The path of a name, for messages.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
        let node = self.node(name)?;
        match &node.kind {
            NodeKind::Text(text) if !text.is_empty() => Some(text),
            _ => self.wrong(name, "a text that is not empty", diagnostics),
        }
    }

    /// `text`, and an error when it is absent.
    pub(super) fn required_text(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<&'a str> {
        if self.node(name).is_none() {
            let detail = format!("`{}` needs the key `{name}`", self.path);
            diagnostics.push(Diagnostic::error(code::BAD_SETTING, detail).at(self.at.clone()));
        }
        self.text(name, diagnostics)
    }

    /// A yes or no. A text counts too, because expressions such as `env()` have no other type.
    pub(super) fn flag(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<bool> {
        match &self.node(name)?.kind {
            NodeKind::Bool(flag) => Some(*flag),
            NodeKind::Text(text) if text == "true" => Some(true),
            NodeKind::Text(text) if text == "false" => Some(false),
            _ => self.wrong(name, "true or false", diagnostics),
        }
    }

    /// A number, also one that an expression gave as a text.
    pub(super) fn number(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<f64> {
        match number(self.node(name)?) {
            Some(number) => Some(number),
            None => self.wrong(name, "a number", diagnostics),
        }
    }

    /// A number of things.
    pub(super) fn count(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<usize> {
        let count = match &self.node(name)?.kind {
            NodeKind::Int(number) => usize::try_from(*number).ok(),
            NodeKind::Text(text) => text.parse().ok(),
            _ => None,
        };
        match count {
            Some(count) => Some(count),
            None => self.wrong(name, "a whole number from 0", diagnostics),
        }
    }

    /// A list; absent: empty.
    pub(super) fn list(&self, name: &str, diagnostics: &mut Diagnostics) -> &'a [Node] {
        match self.node(name).map(|n| &n.kind) {
            Some(NodeKind::List(items)) => items,
            None => &[],
            Some(_) => self
                .wrong::<&[Node]>(name, "a list", diagnostics)
                .unwrap_or_default(),
        }
    }

    /// A list of texts, each with its place; absent: empty.
    pub(super) fn texts(
        &self,
        name: &str,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(&'a str, &'a Span)> {
        let mut texts = Vec::new();
        for (number, item) in self.list(name, diagnostics).iter().enumerate() {
            match &item.kind {
                NodeKind::Text(text) if !text.is_empty() => texts.push((text.as_str(), &item.at)),
                _ => diagnostics.extend(bad(
                    &format!("{}[{number}]", self.path(name)),
                    "a text that is not empty",
                    item,
                )),
            }
        }
        texts
    }

    /// A glob. A `/` means nothing in it: names are not paths.
    pub(super) fn glob(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<GlobMatcher> {
        let text = self.text(name, diagnostics)?;
        match GlobBuilder::new(text).build() {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                let wanted = format!("a glob: {}", error.kind());
                self.wrong(name, &wanted, diagnostics)
            }
        }
    }

    /// Reports that a value is not what its name takes.
    pub(super) fn wrong<T>(
        &self,
        name: &str,
        wanted: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let node = self.node(name)?;
        diagnostics.extend(bad(&self.path(name), wanted, node));
        None
    }
}

/// The number that a node is or spells.
pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.kind {
        #[expect(
            clippy::cast_precision_loss,
            reason = "limits are far from where whole numbers get lost"
        )]
        NodeKind::Int(number) => Some(*number as f64),
        NodeKind::Float(number) => Some(*number),
        NodeKind::Text(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// The diagnostic for a value that is not what its name takes. None where an expression failed: that was reported.
pub(super) fn bad(path: &str, wanted: &str, node: &Node) -> Option<Diagnostic> {
    if node.is_failed() {
        return None;
    }
    let detail = if node.has_output() {
        format!("`{path}` must be known before the deploy, so it cannot hold an output")
    } else if node.has_secret() {
        format!("`{path}` is read here, so it cannot hold a secret")
    } else {
        format!("`{path}` must be {wanted}, and is {}", is(node))
    };
    Some(Diagnostic::error(code::BAD_SETTING, detail).at(node.at.clone()))
}

fn is(node: &Node) -> String {
    match &node.kind {
        NodeKind::Text(text) if text.is_empty() => "an empty text".to_owned(),
        NodeKind::Text(text) => format!("the text `{text}`"),
        NodeKind::Int(number) => format!("the number {number}"),
        _ => node.type_name().to_owned(),
    }
}
