//! Keeps a function from calling itself: one that is fired by a bucket's new objects and writes such objects.
//!
//! A manifest says where a function writes by mounting a bucket that it may write, or by a variable whose name speaks of output
//! and whose value is the bucket. What the code does beyond that is not known here.

use serde_json::Value as Json;

use super::trigger::Trigger;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, code};
use crate::manifest::{Block, Entry, Node};
use crate::resource::Value;

/// Words in a variable's name that say that something is written there.
const OUTPUT: &[&str] = &[
    "OUTPUT", "OUT", "DEST", "DST", "TARGET", "RESULT", "UPLOAD", "WRITE",
];
/// Words in the name of a variable that holds a prefix.
const PREFIX: &[&str] = &["PREFIX", "PATH", "DIR", "FOLDER"];

/// Where a function writes.
struct Writes<'a> {
    bucket: &'a str,
    prefix: &'a str,
    at: &'a Span,
}

/// An error for each trigger that the function's own output would fire.
pub(in crate::component) fn check(
    block: &Block,
    variables: Option<&Node>,
    triggers: &[Trigger],
    diagnostics: &mut Diagnostics,
) {
    let writes: Vec<Writes<'_>> = mounted(&block.props).chain(named(variables)).collect();
    for trigger in triggers.iter().filter(|trigger| trigger.of == "oss") {
        let Some((bucket, prefix)) = listens(trigger) else {
            continue;
        };
        let overlaps = |writes: &&Writes<'_>| {
            let own = writes.prefix.trim_start_matches('/');
            writes.bucket == bucket && (own.starts_with(&prefix) || prefix.starts_with(own))
        };
        if let Some(writes) = writes.iter().find(overlaps) {
            let detail = format!(
                "`{}` is called for every new object under `{bucket}/{prefix}`, and it writes to `{}/{}`: it would call itself without end",
                block.name, writes.bucket, writes.prefix
            );
            let error = Diagnostic::error(code::TRIGGER_LOOP, detail).at(trigger.at.clone());
            diagnostics.push(
                error
                    .related(writes.at.clone(), "here it says where it writes")
                    .hint("let it write to another bucket, or under a prefix that the trigger's filter leaves out"),
            );
        }
    }
}

/// Bucket and prefix whose new objects fire the trigger; nothing when only some of them do, by the ends of their names.
fn listens(trigger: &Trigger) -> Option<(String, String)> {
    let plain = |name: &str| match trigger.attrs.get(name) {
        Some(Value::Plain(json)) => Some(json),
        _ => None,
    };
    let bucket = plain("sourceArn")?.as_str()?.rsplit(':').next()?.to_owned();
    let config = plain("triggerConfig")?;
    let events = config.get("events")?.as_array()?;
    let mut names = events.iter().filter_map(Json::as_str);
    names.find(|event| event.contains("ObjectCreated"))?;
    let key = config.pointer("/filter/key");
    let part = |name: &str| {
        key.and_then(|key| key.get(name)?.as_str())
            .unwrap_or_default()
    };
    part("suffix")
        .is_empty()
        .then(|| (bucket, part("prefix").to_owned()))
}

fn mounted(props: &Node) -> impl Iterator<Item = Writes<'_>> {
    let mounts = props
        .get("ossMountConfig")
        .and_then(|node| node.get("mountPoints"));
    let mounts = mounts.map(Node::items).unwrap_or_default().iter();
    mounts.filter_map(|mount| {
        let text = |name: &str| mount.get(name).and_then(Node::as_str);
        let read_only = mount.get("readOnly").and_then(Node::as_bool);
        (read_only != Some(true)).then_some(())?;
        Some(Writes {
            bucket: text("bucketName")?,
            prefix: text("bucketPath").unwrap_or_default(),
            at: &mount.at,
        })
    })
}

fn named(variables: Option<&Node>) -> impl Iterator<Item = Writes<'_>> {
    let variables = variables.map(Node::entries).unwrap_or_default();
    let speaks = |entry: &Entry, words: &[&str]| {
        let name = entry.key.to_ascii_uppercase();
        name.split('_').any(|word| words.contains(&word))
    };
    let outputs = move |entry: &&Entry| speaks(entry, OUTPUT);
    let prefix = variables
        .iter()
        .filter(outputs)
        .filter(move |entry| speaks(entry, PREFIX))
        .find_map(|entry| entry.value.as_str());
    let buckets = variables.iter().filter(outputs);
    let buckets = buckets.filter(move |entry| !speaks(entry, PREFIX));
    buckets.filter_map(move |entry| {
        let value = entry.value.as_str()?;
        let value = value.strip_prefix("oss://").unwrap_or(value);
        let (bucket, written) = value.split_once('/').unwrap_or((value, ""));
        let prefix = if written.is_empty() {
            prefix.unwrap_or_default()
        } else {
            written
        };
        Some(Writes {
            bucket,
            prefix,
            at: &entry.value.at,
        })
    })
}
