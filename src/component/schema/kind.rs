//! The vocabulary of the tables.

use crate::diagnostic::Diagnostics;
use crate::manifest::Block;

/// A component's properties.
#[derive(Debug)]
pub struct Schema {
    /// The component's name, as `component:` has it.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// Where its rules are from.
    pub source: &'static str,
    /// How much of what is not in the table is a mistake.
    pub strictness: Strictness,
    /// The properties.
    pub props: &'static [Prop],
    /// Properties that go with the value of another.
    pub cases: &'static [Case],
    /// Names that people write and that are called otherwise here, each with what to write.
    pub renamed: &'static [(&'static str, &'static str)],
    /// Rules between properties that no table holds.
    pub also: Option<fn(&Block, &mut Diagnostics)>,
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// The component is ours: what is not in the table is an error.
    Ours,
    /// The component is the vendor's, which passes on more than its own schema says and learns new values: unknown
    /// names and values out of range are warnings. A wrong shape and what is missing are errors.
    Vendor,
}

/// One property.
#[derive(Debug)]
pub struct Prop {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What holds when it is absent.
    pub default: Option<&'static str>,
    /// What it is for, in one sentence.
    pub about: &'static str,
}

/// What a property holds.
#[derive(Debug)]
pub enum Kind {
    /// A text.
    Text,
    /// A text of this form.
    Form(&'static Form),
    /// True or false.
    Bool,
    /// A whole number from the first to the second; the third divides it.
    Int(i64, i64, i64),
    /// A number between the two.
    Number(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these numbers.
    OneOfInts(&'static [i64]),
    /// A list of the same.
    List(&'static Kind),
    /// A map with free keys.
    Map(&'static Kind),
    /// A map with these keys.
    Object(&'static [Prop]),
    /// A map with these keys, and others by the value of one.
    Cases(&'static [Prop], &'static [Case]),
    /// The first of these whose shape fits.
    Either(&'static [Kind]),
    /// Whatever it is.
    Any,
}

/// What a text must be like, where the service takes nothing else.
#[derive(Debug)]
pub struct Form {
    /// In a sentence.
    pub words: &'static str,
    /// Whether a text has it.
    pub holds: fn(&str) -> bool,
}

/// Properties that go with the value of another property of the same map.
#[derive(Debug)]
pub struct Case {
    /// The property that decides.
    pub key: &'static str,
    /// The values with which this case holds.
    pub values: &'static [&'static str],
    /// The properties; they take the place of those of the same name.
    pub props: &'static [Prop],
}

/// A property that may be absent.
pub(in crate::component) const fn prop(
    name: &'static str,
    kind: Kind,
    about: &'static str,
) -> Prop {
    Prop {
        name,
        kind,
        required: false,
        default: None,
        about,
    }
}

impl Prop {
    /// It must be there.
    pub(in crate::component) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// What holds when it is absent.
    pub(in crate::component) const fn default(self, text: &'static str) -> Self {
        Self {
            default: Some(text),
            ..self
        }
    }
}

impl Kind {
    /// In a sentence: "a whole number from 1 to 86400".
    pub fn words(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Form(form) => form.words.to_owned(),
            Self::Bool => "true or false".to_owned(),
            Self::Int(i64::MIN, i64::MAX, _) => "a whole number".to_owned(),
            Self::Int(least, i64::MAX, _) => format!("a whole number of at least {least}"),
            Self::Int(least, most, 1) => format!("a whole number from {least} to {most}"),
            Self::Int(least, most, of) => {
                format!("a multiple of {of} from {least} to {most}")
            }
            Self::Number(least, most) => format!("a number from {least} to {most}"),
            Self::OneOf(values) => format!("one of {}", values.join(", ")),
            Self::OneOfInts(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            Self::List(of) => format!("a list, each item {}", of.words()),
            Self::Map(of) => format!("a map, each value {}", of.words()),
            Self::Object(_) | Self::Cases(..) => "a map".to_owned(),
            Self::Either(kinds) => {
                let words: Vec<String> = kinds.iter().map(Self::words).collect();
                words.join(", or ")
            }
            Self::Any => "any value".to_owned(),
        }
    }
}
