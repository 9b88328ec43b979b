//! Paths: where in the data something is.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{Expr, Scene, holds};

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// `$`: the step's own input, or what flows in the States Language.
    Own,
    /// `$input` or `$Input`.
    Input,
    /// `$local`.
    Local,
    /// `$Output`.
    Output,
    /// `$context`, `$Context` or `$$`.
    Context,
    /// `$Global`.
    Global,
    /// The variables of the States Language: `$name` is the path `.name` from here.
    Variables,
    /// `$Item`, and `@` inside a filter.
    Item,
}

/// A root and the way from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// The way.
    pub segments: Vec<Segment>,
}

/// One step of the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// `.key`
    Key(String),
    /// `[0]`, from the end when negative.
    Index(i64),
    /// `[0,1]`: the items at these places, of the States Language.
    Indices(Vec<i64>),
    /// `[*]`: every item or value.
    All,
    /// `['a','b']`, of the States Language: at the end of a path an object of those members that there are, before that each of
    /// their values.
    Names(Vec<String>),
    /// `[1:3]`. The step of `[1:3:2]`, which the States Language lets be written, has no effect.
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// `..key`: every value under that key, however deep.
    Deep(String),
    /// `[?(@.price < 10)]`
    Filter(Box<Expr>),
    /// `.length()`, of the States Language and at the end only: how many items or members there are; null of what has none.
    Length,
}

impl Path {
    /// Whether it leads to one place at most, where something can be put.
    pub fn is_definite(&self) -> bool {
        is_definite(&self.segments)
    }

    /// Whether it yields one value: what is at one place, or is made of that. Others yield a list.
    pub fn is_single(&self) -> bool {
        is_definite(parted(&self.segments).0)
    }

    /// Whether a slice of it has a step that would leave items out.
    pub fn has_step(&self) -> bool {
        let mut way = self.segments.iter();
        way.any(|segment| matches!(segment, Segment::Slice(_, _, Some(step)) if *step != 1))
    }

    /// What is there: one value, or the list of all when the path leads to many places.
    pub fn find(&self, root: &Value, scene: &Scene) -> Option<Value> {
        follow(&self.segments, root, scene)
    }
}

fn is_definite(way: &[Segment]) -> bool {
    way.iter()
        .all(|segment| matches!(segment, Segment::Key(_) | Segment::Index(_)))
}

/// The way to the places in the data, and the end that makes something of what is there.
fn parted(way: &[Segment]) -> (&[Segment], Option<&Segment>) {
    match way.split_last() {
        Some((end @ (Segment::Names(_) | Segment::Length), places)) => (places, Some(end)),
        _ => (way, None),
    }
}

/// What is at the end of a way: one value, or the list of all when it leads to many places.
pub(super) fn follow(way: &[Segment], from: &Value, scene: &Scene) -> Option<Value> {
    let (way, end) = parted(way);
    if is_definite(way) {
        let mut here = from;
        for segment in way {
            here = one(here, segment)?;
        }
        return made(here, end);
    }
    let mut found = vec![from];
    for segment in way {
        found = found
            .into_iter()
            .flat_map(|value| many(value, segment, scene))
            .collect();
    }
    if let (Some(Segment::Deep(_)), Some(Segment::Length)) = (way.first(), end) {
        // JsonPath counts what all places hold together when the path begins with a scan.
        return Some(json!(found.into_iter().filter_map(size).sum::<usize>()));
    }
    let values = found.into_iter();
    Some(values.filter_map(|value| made(value, end)).collect())
}

/// What the end of a way makes of a value.
fn made(value: &Value, end: Option<&Segment>) -> Option<Value> {
    match end {
        Some(Segment::Names(names)) => members(value, names),
        Some(Segment::Length) => Some(json!(size(value))),
        _ => Some(value.clone()),
    }
}

/// An object's members of these names, without those that it lacks.
fn members(value: &Value, names: &[String]) -> Option<Value> {
    let entries = value.as_object()?;
    let there = names.iter().filter_map(|name| entries.get_key_value(name));
    let there = there.map(|(name, value)| (name.clone(), value.clone()));
    Some(Value::Object(there.collect::<Map<_, _>>()))
}

/// How many items or members a list or map has. Texts have none here, as `JsonPath` has it.
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = match (self.root, self.segments.split_first()) {
            (Root::Variables, Some((Segment::Key(name), rest))) => Some((name, rest)),
            _ => None,
        };
        if let Some((name, rest)) = named {
            write!(f, "${name}")?;
            return write_way(f, rest);
        }
        f.write_str(match self.root {
            Root::Own | Root::Variables => "$",
            Root::Input => "$Input",
            Root::Local => "$local",
            Root::Output => "$Output",
            Root::Context => "$$",
            Root::Global => "$Global",
            Root::Item => "@",
        })?;
        write_way(f, &self.segments)
    }
}

fn write_way(f: &mut fmt::Formatter<'_>, segments: &[Segment]) -> fmt::Result {
    segments.iter().try_for_each(|segment| match segment {
        Segment::Key(key) => write!(f, ".{key}"),
        Segment::Index(index) => write!(f, "[{index}]"),
        Segment::Indices(indices) => {
            let indices: Vec<String> = indices.iter().map(i64::to_string).collect();
            write!(f, "[{}]", indices.join(","))
        }
        Segment::All => f.write_str("[*]"),
        Segment::Names(names) => write!(f, "['{}']", names.join("','")),
        Segment::Slice(from, to, step) => {
            let bound =
                |index: &Option<i64>| index.map_or_else(String::new, |index| index.to_string());
            write!(f, "[{}:{}", bound(from), bound(to))?;
            step.map_or(Ok(()), |step| write!(f, ":{step}"))?;
            f.write_str("]")
        }
        Segment::Deep(key) => write!(f, "..{key}"),
        Segment::Filter(_) => f.write_str("[?]"),
        Segment::Length => f.write_str(".length()"),
    })
}

fn one<'v>(value: &'v Value, segment: &Segment) -> Option<&'v Value> {
    match segment {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => {
            let items = value.as_array()?;
            items.get(from_end(*index, items.len())?)
        }
        _ => None,
    }
}

fn from_end(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn many<'v>(value: &'v Value, segment: &Segment, scene: &Scene) -> Vec<&'v Value> {
    match (segment, value) {
        (Segment::All, Value::Array(items)) => items.iter().collect(),
        (Segment::All, Value::Object(entries)) => entries.values().collect(),
        (Segment::Indices(indices), Value::Array(items)) => indices
            .iter()
            .filter_map(|index| items.get(from_end(*index, items.len())?))
            .collect(),
        (Segment::Names(names), Value::Object(entries)) => {
            names.iter().filter_map(|name| entries.get(name)).collect()
        }
        (Segment::Slice(from, to, _), Value::Array(items)) => slice(items, *from, *to),
        (Segment::Filter(test), Value::Array(items)) => items
            .iter()
            .filter(|item| holds(test, &scene.with_item(item)).unwrap_or(false))
            .collect(),
        (Segment::Deep(key), _) => {
            let mut found = Vec::new();
            deep(value, key, &mut found);
            found
        }
        _ => one(value, segment).into_iter().collect(),
    }
}

fn slice(items: &[Value], from: Option<i64>, to: Option<i64>) -> Vec<&Value> {
    let clamp = |index: i64| from_end(index, items.len()).unwrap_or(0).min(items.len());
    let from = from.map_or(0, clamp);
    let to = to.map_or(items.len(), clamp);
    items
        .get(from..to)
        .map_or_else(Vec::new, |part| part.iter().collect())
}

fn deep<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                if name == key {
                    found.push(inner);
                }
                deep(inner, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| deep(item, key, found)),
        _ => {}
    }
}
