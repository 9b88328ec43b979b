//! The words of the language, by where they may stand.

use super::outline::Outline;
use super::site;
use crate::component::{self, Kind, Prop, Schema};

/// A key with what is said of it.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) name: &'static str,
    /// The type of its value, in words.
    pub(super) takes: &'static str,
    pub(super) docs: &'static str,
    pub(super) default: Option<&'static str>,
    /// The values that are allowed, when they can be listed.
    pub(super) values: &'static [&'static str],
    pub(super) inner: Inner,
}

/// What stands in a word's value.
#[derive(Debug)]
pub(super) enum Inner {
    /// A scalar, or free keys.
    Nothing,
    /// These keys.
    Keys(&'static [Word]),
    /// A list of maps with these keys.
    List(&'static [Word]),
}

/// What is said of a key, be it one of the language or a component's property.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) name: &'static str,
    /// The type of its value, in words.
    pub(super) takes: String,
    pub(super) docs: &'static str,
    pub(super) default: Option<&'static str>,
    /// The values to choose from, when they can be listed.
    pub(super) values: Vec<String>,
    /// Whether its value is written on deeper lines.
    pub(super) is_block: bool,
}

impl From<&'static Word> for Said {
    fn from(word: &'static Word) -> Self {
        Self {
            name: word.name,
            takes: word.takes.to_owned(),
            docs: word.docs,
            default: word.default,
            values: word.values.iter().map(ToString::to_string).collect(),
            is_block: word.takes.starts_with("map") || word.takes.starts_with("list"),
        }
    }
}

impl From<&'static Prop> for Said {
    fn from(prop: &'static Prop) -> Self {
        let takes = prop.kind.words();
        Self {
            name: prop.name,
            is_block: matches!(
                prop.kind,
                Kind::List(_) | Kind::Map(_) | Kind::Object(_) | Kind::Cases(..)
            ),
            takes: if prop.required {
                format!("{takes}, required")
            } else {
                takes
            },
            docs: prop.about,
            default: prop.default,
            values: prop.kind.values(),
        }
    }
}

/// The outputs of a component with what they are, where they are known.
pub(super) fn outputs(component: &Schema) -> &'static [(&'static str, &'static str)] {
    match component.name {
        "site" => site::OUTPUTS,
        _ => &[],
    }
}

pub(super) const FLAG: &[&str] = &["true", "false"];

pub(super) const fn word(name: &'static str, takes: &'static str, docs: &'static str) -> Word {
    Word {
        name,
        takes,
        docs,
        default: None,
        values: &[],
        inner: Inner::Nothing,
    }
}

impl Word {
    pub(super) const fn default(self, default: &'static str) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    pub(super) const fn values(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    pub(super) const fn holds(self, inner: Inner) -> Self {
        Self { inner, ..self }
    }
}

const TOP: &[Word] = &[
    word("edition", "text", "The edition of the language.").values(&["3.0.0"]),
    word("name", "text", "The application's name.").default("the folder's name"),
    word("access", "text", "The alias of the keys to deploy with. `local` is the local cloud. Expressions have no effect here.").default("`default`"),
    word("vars", "map", "Values for expressions: `${vars.NAME}`."),
    word("env", "text", "The file with the environments.").default("`env.yaml`"),
    word("extend", "text", "A manifest that this one is laid over."),
    word("template", "map", "Named properties that resources start from, with `extend: {name: …}`."),
    word("flow", "map of lists", "By command, the groups of resources in their order. The resources of a group may run side by side."),
    word("actions", "map of lists", "What runs around a command for the whole application.").holds(Inner::Keys(HOOKS)),
    word("resources", "map", "The resources, by name."),
];

const RESOURCE: &[Word] = &[
    word("component", "text", "What kind of resource it is."),
    word("props", "map", "The component's properties."),
    word(
        "extend",
        "map",
        "The template that the properties are laid over.",
    )
    .holds(Inner::Keys(EXTEND)),
    word(
        "actions",
        "map of lists",
        "What runs around a command for this resource.",
    )
    .holds(Inner::Keys(HOOKS)),
    word(
        "allow_failure",
        "true, false or map",
        "Whether the others go on when this resource fails.",
    )
    .values(FLAG),
    word(
        "continue-on-error",
        "true or false",
        "Whether the others go on when this resource fails.",
    )
    .values(FLAG),
    word(
        "vars",
        "map",
        "Values of this resource, for expressions in its actions.",
    ),
    word("id", "text", "A name of the resource beside its key."),
];

const EXTEND: &[Word] = &[
    word(
        "name",
        "text",
        "The template's name under the top-level key `template`.",
    ),
    word(
        "ignore",
        "list of texts",
        "Properties of the template to leave out; a dot separates the parts of a path.",
    ),
];

const HOOKS: &[Word] = &[
    hook("pre-deploy", "Runs before a deploy."),
    hook("success-deploy", "Runs when a deploy went well."),
    hook("fail-deploy", "Runs when a deploy failed."),
    hook(
        "complete-deploy",
        "Runs at the end of a deploy, however it went.",
    ),
    hook(
        "post-deploy",
        "Runs at the end of a deploy, however it went.",
    ),
    hook("pre-remove", "Runs before a removal."),
    hook("success-remove", "Runs when a removal went well."),
    hook("fail-remove", "Runs when a removal failed."),
    hook(
        "complete-remove",
        "Runs at the end of a removal, however it went.",
    ),
    hook(
        "post-remove",
        "Runs at the end of a removal, however it went.",
    ),
];

const fn hook(name: &'static str, docs: &'static str) -> Word {
    word(name, "list of actions", docs).holds(Inner::List(ACTION))
}

const ACTION: &[Word] = &[
    word("run", "text", "A command line for the shell."),
    word("path", "text", "The folder that `run` runs in.").default("the manifest's folder"),
    word("component", "text", "A component's command to run."),
    word("plugin", "text", "A plugin to run."),
    word("args", "map", "What the plugin is given."),
    word(
        "allow_failure",
        "true, false or map",
        "Whether to go on when the action fails.",
    )
    .values(FLAG),
];

/// The functions of expressions: name, what is inserted, docs.
pub(super) const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "env",
        "env('$1')",
        "An environment variable; a second argument is the value when it is not set.",
    ),
    (
        "config",
        "config('$1')",
        "A field of the access in use: `AccountID`, `AccessKeyID`, …",
    ),
    (
        "secret",
        "secret('$1')",
        "A value that `sdev secret set` keeps; no plan, state or message shows it.",
    ),
    (
        "file",
        "file('$1')",
        "The text of a file, seen from the manifest's folder.",
    ),
    (
        "path",
        "path('$1')",
        "A path made absolute, seen from the manifest's folder.",
    ),
    ("json", "json($1)", "A JSON text as a value."),
    ("yaml", "yaml($1)", "A YAML text as a value."),
    ("base64", "base64($1)", "A text in base64."),
    ("str", "str($1)", "A value as a text."),
    (
        "regex",
        "regex('$1')",
        "Whether the command fits a pattern; for keys of `actions` and `flow`.",
    ),
];

/// The component of a resource as the text names it, without a version.
pub(super) fn component_of(
    text: &str,
    outline: &Outline,
    resource: &str,
) -> Option<&'static Schema> {
    let name = outline.scalar(text, ["resources", resource, "component"])?;
    component::schema(component::base_name(name))
}

/// The component whose properties a template holds: that of the first resource that extends it.
fn component_of_template(text: &str, outline: &Outline, template: &str) -> Option<&'static Schema> {
    outline
        .keys(["resources"])
        .into_iter()
        .find(|name| outline.scalar(text, ["resources", name, "extend", "name"]) == Some(template))
        .and_then(|name| component_of(text, outline, name))
}

/// The keys that may stand in the map at `path`.
pub(super) fn keys_at(text: &str, outline: &Outline, path: &[String]) -> Vec<Said> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["resources", name, "props", rest @ ..] => {
            properties(component_of(text, outline, name), rest)
        }
        ["template", name, rest @ ..] => {
            properties(component_of_template(text, outline, name), rest)
        }
        ["resources"] => Vec::new(),
        ["resources", _, rest @ ..] => descend(RESOURCE, rest),
        rest => descend(TOP, rest),
    }
}

fn properties(component: Option<&'static Schema>, path: &[&str]) -> Vec<Said> {
    let is_key = |step: &&&str| step.parse::<usize>().is_err();
    let path: Vec<&str> = path.iter().filter(is_key).copied().collect();
    let places = component.map(|schema| component::find(schema, &path));
    let places = places.unwrap_or_default().into_iter();
    let props = places.flat_map(component::Place::props);
    let mut said: Vec<Said> = Vec::new();
    for prop in props {
        // Each case of a map has its own.
        if said.iter().all(|known| known.name != prop.name) {
            said.push(prop.into());
        }
    }
    said
}

fn descend(words: &'static [Word], path: &[&str]) -> Vec<Said> {
    let [first, rest @ ..] = path else {
        return words.iter().map(Said::from).collect();
    };
    let named = words.iter().find(|word| word.name == *first);
    match (named.map(|word| &word.inner), rest) {
        (Some(Inner::Keys(inner)), rest) | (Some(Inner::List(inner)), [_, rest @ ..]) => {
            descend(inner, rest)
        }
        _ => Vec::new(),
    }
}

/// What is said of the key at `path`. An item of a list has that of the list.
pub(super) fn word_at(text: &str, outline: &Outline, path: &[String]) -> Option<Said> {
    let (last, before) = path.split_last()?;
    if last.parse::<usize>().is_ok() {
        return word_at(text, outline, before);
    }
    let mut keys = keys_at(text, outline, before).into_iter();
    keys.find(|word| word.name == last)
}
